/** One program as a child process: its output goes to a log file, and what a person should see to the terminal. */
import { fork, type ChildProcess } from 'node:child_process';
import { createWriteStream, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { builtProgram } from './paths.js';
import type { ProgramKind } from './programs.js';
import type { Supervisable } from './supervised.js';

/** Programs give themselves 10 s; after this they are killed. */
const stopTimeoutMs = 12_000;
const largestLogBytes = 20_000_000;

export interface ProgramProcessOptions {
  environment: NodeJS.ProcessEnv;
  /** Attune's data folder. */
  dataDir: string;
  onLine(line: string): void;
}

export interface ProgramProcess extends Supervisable {
  pid: number;
  kill(): void;
}

/** Starts a program in a session of its own: Ctrl-C reaches the launcher alone, which then stops things in order. */
export async function startProgramProcess(
  kind: ProgramKind,
  { environment, dataDir, onLine }: ProgramProcessOptions,
): Promise<ProgramProcess> {
  const child = fork(builtProgram(kind.source), [], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [
      '--enable-source-maps',
      '--import',
      pathToFileURL(builtProgram('bin/launcher/parent-watch')).href,
    ],
    env: environment,
  });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `status ${code}`));
  });
  const spawned = new Promise<void>((resolve) => child.once('spawn', resolve));
  keepOutput(child, logFileOf(kind, dataDir), onLine);
  await Promise.race([
    spawned,
    exited.then((reason) => {
      throw new Error(reason);
    }),
  ]);
  return {
    pid: child.pid ?? 0,
    exited,
    kill: () => child.kill('SIGKILL'),
    stop: () => stopChild(child, exited),
  };
}

/** Where a program's output is kept. */
export function logFileOf({ name }: ProgramKind, dataDir: string): string {
  return path.join(dataDir, 'logs', `${name}.log`);
}

function keepOutput(child: ChildProcess, file: string, onLine: (line: string) => void): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > largestLogBytes) renameSync(file, `${file}.1`);
  const log = createWriteStream(file, { flags: 'a', mode: 0o600 });
  // A full disk must not end what runs.
  log.on('error', () => {});
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      onLine(line);
    });
  }
  child.once('close', () => log.end());
}

async function stopChild(child: ChildProcess, exited: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = new AbortController();
  const isGone = await Promise.race([
    exited.then(() => true),
    delay(stopTimeoutMs, false, { signal: timer.signal }).catch(() => false),
  ]);
  timer.abort();
  if (isGone) return;
  child.kill('SIGKILL');
  await exited;
}
