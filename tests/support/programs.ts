/** The built programs, run as the launcher runs them, for tests that talk to them from outside or kill them. */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { findFreePort } from '../../bin/launcher/free-port.js';
import { builtProgram } from '../../bin/launcher/paths.js';

export interface ProgramOptions {
  databaseUrl: string;
  redisUrl: string;
  /** Attune's data folder; a temporary one unless given. */
  dataDir?: string;
  /** Further settings. */
  environment?: Record<string, string>;
  /** No file that it writes, or a process of its own does, may be larger: the disk is full, as far as they can tell. */
  fileSizeBytes?: number;
}

/** Settings under which a program takes its machine for another one than it is. */
export function onMachine(name: string): Record<string, string> {
  const preload = `import os from 'node:os'; os.hostname = () => ${JSON.stringify(name)};`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(preload)}` };
}

export interface RunningProgram extends AsyncDisposable {
  pid: number;
  dataDir: string;
  /** What it has written to both streams so far. */
  output(): string;
  /** Status, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals>;
  /** SIGTERM, then waits. */
  stop(): Promise<void>;
  /** SIGKILL, then waits. */
  kill(): Promise<void>;
}

export interface RunningServer extends RunningProgram {
  /** `http://127.0.0.1:PORT` */
  url: string;
}

/** The server, on a free port unless `ATTUNE_PORT` is among the settings; resolves when it answers /health. */
export async function startServer(options: ProgramOptions): Promise<RunningServer> {
  const port = options.environment?.ATTUNE_PORT ?? String(await findFreePort());
  const url = `http://127.0.0.1:${port}`;
  const program = startProgram('server/main', {
    ...options,
    environment: { ...options.environment, ATTUNE_PORT: port },
  });
  await waitFor(program, async () => (await fetch(`${url}/health`)).ok);
  return { ...program, url };
}

/** An inference worker; resolves at once: jobs that are queued earlier wait for it. */
export function startInferenceWorker(options: ProgramOptions): RunningProgram {
  return startProgram('worker/inference/main', options);
}

/**
 * @param source  its entry below the project root, without ending: `server/main`
 */
export function startProgram(source: string, options: ProgramOptions): RunningProgram {
  const dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), 'attune-data-'));
  const child = fork(builtProgram(source), [], {
    silent: true,
    ...nodeWithin(options, [
      '--enable-source-maps',
      '--import',
      pathToFileURL(builtProgram('bin/launcher/parent-watch')).href,
    ]),
    env: {
      ...process.env,
      DATABASE_URL: options.databaseUrl,
      REDIS_URL: options.redisUrl,
      ATTUNE_DATA_DIR: dataDir,
      ATTUNE_GPU: 'off',
      ...options.environment,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 0));
  });
  const end = (signal: NodeJS.Signals) => endChild(child, signal, exited);
  const stop = () => end('SIGTERM');
  return {
    pid: child.pid ?? 0,
    dataDir,
    output: () => output,
    exited,
    stop,
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: async () => {
      await stop();
      if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Node itself, or by way of a shell that limits it: Node is told of a write that goes too far by an error, not by a signal. */
function nodeWithin({ fileSizeBytes }: ProgramOptions, args: string[]) {
  if (fileSizeBytes === undefined) return { execArgv: args };
  const blocks = Math.floor(fileSizeBytes / 512);
  return {
    execPath: '/bin/sh',
    execArgv: ['-c', `ulimit -f ${blocks} && exec "$0" "$@"`, process.execPath, ...args],
  };
}

/** Polls until `isSo`; fails with the program's output when it ends before, or after a minute. */
export async function waitFor(program: RunningProgram, isSo: () => Promise<boolean>): Promise<void> {
  let ended: number | NodeJS.Signals | undefined;
  void program.exited.then((status) => (ended = status));
  const deadline = Date.now() + 60_000;
  while (!(await isSo().catch(() => false))) {
    if (ended !== undefined) throw new Error(`The program ended with ${ended}:\n${program.output()}`);
    if (Date.now() > deadline) throw new Error(`Waited for a minute in vain:\n${program.output()}`);
    await delay(50);
  }
}

async function endChild(
  child: ChildProcess,
  signal: NodeJS.Signals,
  exited: Promise<unknown>,
): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  const isGone = await Promise.race([exited.then(() => true), delay(15_000, false, { ref: false })]);
  if (!isGone) {
    child.kill('SIGKILL');
    await exited;
    throw new Error(`The program did not end within 15 s of ${signal}.`);
  }
}
