/** What `npm start` says once the server answers: where, how the first account is made, and how far the model is. */
import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { Config } from '../../common/config/config.js';
import { createDataSource } from '../../common/database/data-source.js';
import { getOrCreateSetupCode } from '../../common/database/setup-code.js';
import { addressOf, waitUntilOk } from './address.js';
import { showModelProgress } from './model-progress.js';
import type { Terminal } from './terminal.js';

export interface GreetOptions {
  /** Where the database is now: our own may come back elsewhere. */
  databaseUrl: () => string;
  config: Config;
  terminal: Terminal;
  signal: AbortSignal;
}

const retryMs = 500;

/** Returns once there is a model to chat with, or none to be had, or after an abort. */
export async function greet(options: GreetOptions): Promise<void> {
  const { config, terminal, signal } = options;
  const address = addressOf(config);
  terminal.say(`Attune runs at ${terminal.strong(address)} — Ctrl-C stops it.`);
  const code = config.firstAdmin ? null : await ask(options, getOrCreateSetupCode);
  if (code) terminal.say(`Make the first account there with the code ${terminal.strong(code)}`);
  const model = await ask(options, (dataSource) => showModelProgress(dataSource, terminal, signal));
  if (signal.aborted) return;
  if (!model)
    terminal.warn('There is no model to chat with yet; choose one on the Models page, or set ATTUNE_MODEL.');
  else if (await waitUntilOk(`${address}/ready`, signal)) terminal.say(`${model} is ready to chat.`);
}

/**
 * Asks the database, again while it is away: that must not end the launcher, which is what brings it back.
 *
 * @returns null after an abort
 */
async function ask<T>(
  { databaseUrl, terminal, signal }: GreetOptions,
  question: (dataSource: DataSource) => Promise<T>,
): Promise<T | null> {
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    const dataSource = createDataSource(databaseUrl(), { poolSize: 1 });
    try {
      return await question(await dataSource.initialize());
    } catch (error) {
      if (isFirst) terminal.warn(`The database does not answer (${String(error)}); asking it again.`);
      await delay(retryMs, undefined, { signal }).catch(() => {});
    } finally {
      if (dataSource.isInitialized) await dataSource.destroy();
    }
  }
  return null;
}
