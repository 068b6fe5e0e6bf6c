/**
 * The process of a run whose worker was killed: it ends by itself, but not before its step does, and never while it is halted. Whoever takes
 * the run up ends it first, so that no two write into one folder.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { privateFolder } from '../../common/config/artefacts.js';

const markSchema = z.object({ pid: z.int().positive() });
const markOf = (folder: string) => path.join(folder, 'process.json');
/** Part of the command line of every run's process. */
const programName = 'run-child';

/** Leaves word of the process that will compute in this folder; done when it returns, before that process is told to begin. */
export function markProcess(folder: string, pid: number): void {
  mkdirSync(folder, privateFolder);
  writeFileSync(markOf(folder), JSON.stringify({ pid }));
}

/** Ends the process that still computes in this folder, if there is one. What it wrote last is whole: files appear complete or not at all. */
export async function endOrphan(folder: string): Promise<void> {
  const pid = await readMark(folder);
  if (pid === null || !(await isRunProcess(pid))) return;
  process.kill(pid, 'SIGKILL');
  while (await isRunProcess(pid)) await delay(20);
}

async function readMark(folder: string): Promise<number | null> {
  const text = await readFile(markOf(folder), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return markSchema.parse(JSON.parse(text)).pid;
  } catch {
    // Cut off while it was written, which comes before the process computes anything.
    return null;
  }
}

/** An id may belong to another program by now. */
async function isRunProcess(pid: number): Promise<boolean> {
  try {
    const command =
      process.platform === 'linux'
        ? await readFile(`/proc/${pid}/cmdline`, 'utf8')
        : (await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)])).stdout;
    return command.includes(programName);
  } catch {
    return false;
  }
}
