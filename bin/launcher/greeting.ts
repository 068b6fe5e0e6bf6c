/** What `npm start` says once the server answers: where, how the first account is made, and how far the model is. */
import type { Config } from '../../common/config/config.js';
import { createDataSource } from '../../common/database/data-source.js';
import { getOrCreateSetupCode } from '../../common/database/setup-code.js';
import { addressOf, waitUntilOk } from './address.js';
import { showModelProgress } from './model-progress.js';
import type { Terminal } from './terminal.js';

export interface GreetOptions {
  databaseUrl: string;
  config: Config;
  terminal: Terminal;
  signal: AbortSignal;
}

/** Returns once there is a model to chat with, or none to be had, or after an abort. */
export async function greet({ databaseUrl, config, terminal, signal }: GreetOptions): Promise<void> {
  const address = addressOf(config);
  const dataSource = await createDataSource(databaseUrl, { poolSize: 1 }).initialize();
  try {
    terminal.say(`Attune runs at ${terminal.strong(address)} — Ctrl-C stops it.`);
    const code = config.firstAdmin ? null : await getOrCreateSetupCode(dataSource);
    if (code) terminal.say(`Make the first account there with the code ${terminal.strong(code)}`);
    const model = await showModelProgress(dataSource, terminal, signal);
    if (signal.aborted) return;
    if (!model)
      terminal.warn(
        'There is no model to chat with yet; choose one on the Models page, or set ATTUNE_MODEL.',
      );
    else if (await waitUntilOk(`${address}/ready`, signal)) terminal.say(`${model} is ready to chat.`);
  } finally {
    await dataSource.destroy();
  }
}
