/** What an earlier Postgres may have left in its data folder: a server that is going down, one that nobody owns, or only its lock. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../common/contracts/errors.js';
import { endProcess, findProcess, waitUntilGone } from './processes.js';

/** How long a server whose guard has just noticed the launcher's death may take to go down by itself. */
const settleMs = 1500;

/**
 * Leaves a data folder that a new server may open.
 *
 * @param folder  Postgres's data folder; may not exist
 * @throws AppError `LAUNCHER_SERVICE_FAILED` when the old server does not end
 */
export async function clearLeftOverServer(folder: string): Promise<void> {
  const lock = path.join(folder, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const lines = readFileSync(lock, 'utf8').split('\n');
  const pid = Number(lines[0]);

  if (findProcess(pid)?.command.includes(folder)) {
    const isGone =
      (await waitUntilGone(pid, settleMs)) || (await endProcess(pid, ['SIGINT', 'SIGQUIT', 'SIGKILL']));
    if (!isGone)
      throw new AppError('LAUNCHER_SERVICE_FAILED', {
        service: 'Postgres',
        reason: `an earlier server (process ${pid}) on ${folder} does not end`,
      });
  }
  // The id may belong to someone else by now, or to a zombie; Postgres would take either for a running server.
  const sharedMemoryId = Number(lines[6]?.trim().split(/\s+/)[1]);
  await waitUntilDetached(sharedMemoryId);
  rmSync(lock, { force: true });
}

/** Backends of a server that was killed end by themselves shortly after; two servers on one folder would ruin it. */
async function waitUntilDetached(sharedMemoryId: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (isAttached(sharedMemoryId)) {
    if (Date.now() > deadline)
      throw new AppError('LAUNCHER_SERVICE_FAILED', {
        service: 'Postgres',
        reason: 'processes of an earlier server still use its memory; end them, then start again',
      });
    await delay(50);
  }
}

function isAttached(sharedMemoryId: number): boolean {
  try {
    const [header = '', ...rows] = readFileSync('/proc/sysvipc/shm', 'utf8').trim().split('\n');
    const names = header.trim().split(/\s+/);
    return rows
      .map((row) => row.trim().split(/\s+/))
      .some(
        (cells) =>
          Number(cells[names.indexOf('shmid')]) === sharedMemoryId && cells[names.indexOf('nattch')] !== '0',
      );
  } catch {
    // Not Linux: Postgres's own check remains.
    return false;
  }
}
