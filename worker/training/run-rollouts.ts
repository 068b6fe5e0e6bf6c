import type { EntityManager } from 'typeorm';
import type { RecordedBatch } from './recorded-batch.js';

/** Rollouts kept of a run, about; more are thinned evenly. */
const rolloutsKept = 200;
/** The last ones all stay. */
const lastKept = 20;

/**
 * Which rollouts of a run are kept once it has come so far: all of a short one, of a long one every second, fourth, eighth... step, so that
 * those that are thrown away lie evenly.
 *
 * @param step  that the run is at
 * @returns older steps that this does not divide go
 */
export function keptEvery(step: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(step / rolloutsKept)));
}

/** Writes down a rollout, and throws away what a run this long keeps no more. */
export async function insertRollout(
  manager: EntityManager,
  runId: string,
  { step, at, groups }: RecordedBatch['rollouts'][number],
): Promise<void> {
  await manager.query(
    `INSERT INTO run_rollouts (run_id, step, at, groups) VALUES ($1, $2, $3, $4)
     ON CONFLICT (run_id, step) DO UPDATE SET at = excluded.at, groups = excluded.groups`,
    [runId, step, at, JSON.stringify(groups)],
  );
  const every = keptEvery(step);
  if (every > 1)
    await manager.query(`DELETE FROM run_rollouts WHERE run_id = $1 AND step <= $2 AND step % $3 <> 0`, [
      runId,
      step - lastKept,
      every,
    ]);
}
