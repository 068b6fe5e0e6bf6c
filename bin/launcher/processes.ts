/** Looks at, and ends, processes that an earlier start left behind. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessFacts {
  /** Command line, its parts separated by blanks. */
  command: string;
  /** Differs between two processes that had the same id one after the other. */
  startedAt: string;
}

/** Null when there is no such process, or only a zombie that nobody has waited for yet. */
export function findProcess(pid: number): ProcessFacts | null {
  if (!Number.isInteger(pid) || pid <= 1) return null;
  try {
    return process.platform === 'linux' ? readProc(pid) : askPs(pid);
  } catch {
    return null;
  }
}

/**
 * Sends the signals in turn until the process is gone.
 *
 * @param patienceMs  wait before each harder signal
 * @returns false when even the last one did not end it
 */
export async function endProcess(
  pid: number,
  signals: readonly NodeJS.Signals[],
  patienceMs = 5000,
): Promise<boolean> {
  for (const signal of signals) {
    try {
      process.kill(pid, signal);
    } catch {
      return findProcess(pid) === null;
    }
    if (await waitUntilGone(pid, patienceMs)) return true;
  }
  return false;
}

/** @returns whether the process was gone in time */
export async function waitUntilGone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (findProcess(pid)) {
    if (Date.now() > deadline) return false;
    await delay(25);
  }
  return true;
}

function readProc(pid: number): ProcessFacts | null {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in brackets, which may hold blanks and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  return { command, startedAt: fields[19] ?? '' };
}

function askPs(pid: number): ProcessFacts | null {
  const ask = (field: string) =>
    execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  if (ask('state').startsWith('Z')) return null;
  return { command: ask('command'), startedAt: ask('lstart') };
}
