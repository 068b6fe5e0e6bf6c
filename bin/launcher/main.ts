/** `npm start` after install and build: boots an installation, tells its person what to do, and takes it down in order. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { closeArtefacts } from '../../common/config/artefacts.js';
import { readConfig, type Config } from '../../common/config/config.js';
import { AppError } from '../../common/contracts/errors.js';
import { addressOf } from './address.js';
import { DataFolderClaim } from './data-folder-claim.js';
import { findFreePort, findListenFault } from './free-port.js';
import { Installation } from './installation.js';
import { createPassableFolder } from './passable-folder.js';
import { Terminal } from './terminal.js';

/** npm passes on the Ctrl-C that the terminal has sent to both: what comes so soon after the first signal is not a second wish. */
const echoMs = 1000;

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
    createPassableFolder(config.dataDir);
    mkdirSync(path.join(config.dataDir, 'logs'), { recursive: true });
    closeArtefacts(config.dataDir);
    using claim = await DataFolderClaim.take(config.dataDir, addressOf(config));
    await assertCanListen(config);
    await runUntilStopped({ config, claim, terminal });
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
}

async function runUntilStopped({ config, claim, terminal }: RunOptions): Promise<void> {
  const installation = new Installation({ config, claim, terminal });
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
  let askedAt = 0;
  const onSignal = () => {
    if (!stopping.signal.aborted) {
      askedAt = performance.now();
      return stopping.abort();
    }
    if (performance.now() - askedAt < echoMs) return;
    installation.kill();
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  try {
    const { signal } = stopping;
    await installation.start(signal);
    if (!signal.aborted) {
      // Loads what the tables need, which would hold up the services were it imported with the rest.
      const { greet } = await import('./greeting.js');
      await Promise.race([
        stopped,
        greet({ databaseUrl: () => installation.databaseUrl, config, terminal, signal }),
      ]);
    }
    await stopped;
    terminal.say('Stopping …');
  } finally {
    await installation.stop();
  }
}

/** Port 0 means any: every program has to hear of the same one. */
async function settle(config: Config): Promise<Config> {
  return config.port === 0 ? { ...config, port: await findFreePort() } : config;
}

/** Before anything is started: the server would only be started again and again. */
async function assertCanListen({ port, host }: Config): Promise<void> {
  const fault = await findListenFault(port, host);
  if (fault === 'EADDRINUSE') throw new AppError('LAUNCHER_PORT_TAKEN', { port, host });
  if (fault === 'EACCES') throw new AppError('LAUNCHER_PORT_FORBIDDEN', { port, host });
  if (fault) throw new AppError('LAUNCHER_HOST_UNUSABLE', { host, reason: fault });
}
