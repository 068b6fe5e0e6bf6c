/** `npm start` after install and build: boots an installation, tells its person what to do, and takes it down in order. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readConfig, type Config } from '../../common/config/config.js';
import { AppError } from '../../common/contracts/errors.js';
import { createDataSource } from '../../common/database/data-source.js';
import { getOrCreateSetupCode } from '../../common/database/setup-code.js';
import { DataFolderClaim } from './data-folder-claim.js';
import { findFreePort, isPortFree } from './free-port.js';
import { Installation } from './installation.js';
import { showModelProgress } from './model-progress.js';
import { Terminal } from './terminal.js';

/**
 * Runs until it is told to stop.
 *
 * @param args  `--verbose` shows everything that the programs log
 * @returns the exit status; 1 when it could not start
 */
export async function launch(args: readonly string[]): Promise<number> {
  const terminal = new Terminal(process.stdout, args.includes('--verbose'));
  try {
    const config = await settle(readConfig());
    const address = addressOf(config);
    mkdirSync(path.join(config.dataDir, 'logs'), { recursive: true });
    using claim = await DataFolderClaim.take(config.dataDir, address);
    await assertPortFree(config);
    await runUntilStopped({ config, claim, terminal, address });
    return 0;
  } catch (error) {
    terminal.warn(error instanceof AppError ? `${error.message} (${error.code})` : String(error));
    return 1;
  }
}

interface RunOptions {
  config: Config;
  claim: DataFolderClaim;
  terminal: Terminal;
  address: string;
}

async function runUntilStopped({ config, claim, terminal, address }: RunOptions): Promise<void> {
  const installation = new Installation({ config, claim, terminal });
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
  const onSignal = () => {
    if (!stopping.signal.aborted) return stopping.abort();
    installation.kill();
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  try {
    await installation.start();
    await Promise.race([
      stopped,
      greet({ installation, config, terminal, address, signal: stopping.signal }),
    ]);
    await stopped;
    terminal.say('Stopping …');
  } finally {
    await installation.stop();
  }
}

interface GreetOptions extends Pick<RunOptions, 'config' | 'terminal' | 'address'> {
  installation: Installation;
  signal: AbortSignal;
}

/** Says where Attune answers, how the first account is made, and how far the model is. */
async function greet({ installation, config, terminal, address, signal }: GreetOptions): Promise<void> {
  if (!(await waitUntilOk(`${address}/health`, signal))) return;
  const dataSource = await createDataSource(installation.databaseUrl, { poolSize: 1 }).initialize();
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

async function waitUntilOk(url: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const isOk = await fetch(url, { signal }).then(
      (response) => response.ok,
      () => false,
    );
    if (isOk) return true;
    await delay(50, undefined, { signal }).catch(() => {});
  }
  return false;
}

/** Where a person on this machine finds it; the addresses that stand for all of them are no place to go to. */
function addressOf({ host, port }: Config): string {
  if (host === '0.0.0.0' || host === '::') return `http://localhost:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Port 0 means any: every program has to hear of the same one. */
async function settle(config: Config): Promise<Config> {
  return config.port === 0 ? { ...config, port: await findFreePort() } : config;
}

async function assertPortFree({ port, host }: Config): Promise<void> {
  if (!(await isPortFree(port, host))) throw new AppError('LAUNCHER_PORT_TAKEN', { port, host });
}
