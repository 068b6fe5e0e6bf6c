/** A whole installation as `npm start` runs it, on a data folder and a port of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '../../bin/launcher/free-port.js';
import { findProcess } from '../../bin/launcher/processes.js';
import { repositoryRoot } from '../../common/config/repository.js';

export interface LaunchOptions {
  dataDir: string;
  port?: number;
  environment?: NodeJS.ProcessEnv;
  user?: { uid: number; gid: number };
}

export interface Launched extends AsyncDisposable {
  pid: number;
  url: string;
  output(): string;
  exited: Promise<number | NodeJS.Signals>;
  /** Fails with the output when the launcher ends before. */
  untilSaid(pattern: RegExp): Promise<RegExpExecArray>;
  signal(signal: NodeJS.Signals): void;
  /** Nobody reads what it says from now on. */
  closeOutput(): void;
  /** SIGTERM, then waits. */
  stop(): Promise<number | NodeJS.Signals>;
}

/** A data folder that another user than root may reach too; removed with everything in it on disposal. */
export function createDataFolder(): Disposable & { path: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'attune-launch-'));
  chmodSync(folder, 0o755);
  return { path: folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Starts the launcher; returns at once. */
export async function launchAttune({ dataDir, port, environment, user }: LaunchOptions): Promise<Launched> {
  const chosen = port ?? (await findFreePort());
  const child = spawn(process.execPath, [path.join(repositoryRoot, 'bin/start.js')], {
    cwd: repositoryRoot,
    ...user,
    env: {
      ...withoutServices(process.env),
      ATTUNE_DATA_DIR: dataDir,
      ATTUNE_PORT: String(chosen),
      ATTUNE_GPU: 'off',
      ...environment,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  let ended: number | NodeJS.Signals | undefined;
  const exited = new Promise<number | NodeJS.Signals>((resolve) =>
    child.once('close', (code, signal) => resolve((ended = signal ?? code ?? 0))),
  );
  const stop = () => (child.kill('SIGTERM'), exited);
  return {
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${chosen}`,
    output: () => output,
    exited,
    signal: (signal) => child.kill(signal),
    closeOutput: () => [child.stdout, child.stderr].forEach((stream) => stream.destroy()),
    stop,
    untilSaid: async (pattern) => {
      const deadline = Date.now() + 90_000;
      for (;;) {
        const match = pattern.exec(output);
        if (match) return match;
        if (ended !== undefined) throw new Error(`The launcher ended with ${ended}:\n${output}`);
        if (Date.now() > deadline) throw new Error(`It never said ${pattern}:\n${output}`);
        await delay(25);
      }
    },
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

/** Every process below this one, parents before their children. */
export function listDescendants(pid: number): { pid: number; command: string }[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.flatMap(([child = 0, ppid]) => (ppid === parent ? [child, ...below(child)] : []));
  return below(pid).flatMap((child) => {
    const facts = findProcess(child);
    return facts ? [{ pid: child, command: facts.command }] : [];
  });
}

/** Watches until all are gone. @returns for each, in milliseconds from now, when it was first seen to be gone */
export async function timeOfEnds(pids: readonly number[]): Promise<Map<number, number>> {
  const startedAt = performance.now();
  const ends = new Map<number, number>();
  while (ends.size < pids.length && performance.now() - startedAt < 30_000) {
    for (const pid of pids)
      if (!ends.has(pid) && !findProcess(pid)) ends.set(pid, performance.now() - startedAt);
    await delay(5);
  }
  return ends;
}

function withoutServices({ DATABASE_URL: _, REDIS_URL: __, ...rest }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return rest;
}
