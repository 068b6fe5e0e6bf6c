/** Every change of a round's row goes through here: one transaction, refused when somebody else changed it first. */
import type { DataSource, EntityManager } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { isOpen } from '../../common/contracts/rounds.js';
import { RoundEntity } from '../../common/database/round.entity.js';

/** @returns false when the round is not any more as it was read */
export async function changeRound(
  db: DataSource,
  { id, modelId, state, step }: RoundEntity,
  changes: Partial<RoundEntity>,
): Promise<boolean> {
  const isOver = !isOpen(changes.state ?? state);
  const now = new Date();
  const row = { faults: 0, steppedAt: now, finishedAt: isOver ? now : null, ...changes };
  return db.transaction(async (manager) => {
    const { affected } = await manager.update(
      RoundEntity,
      { id, state, step },
      row as QueryDeepPartialEntity<RoundEntity>,
    );
    if (affected && changes.state === 'kept') await stopWhenFlat(manager, modelId);
    return affected === 1;
  });
}

/**
 * A win-rate is against what was live, so one half is standing still: where two rounds in a row were not proven above it, nothing rises any
 * more. Rounds from before the plan was saved do not count.
 */
async function stopWhenFlat(db: EntityManager, modelId: string): Promise<void> {
  await db.query(
    `UPDATE round_plans p SET stopped_at = now()
     WHERE p.model_id = $1 AND p.stopped_at IS NULL AND (p.plan->>'stopsWhenFlat')::boolean AND (
       SELECT count(*) = 2 AND bool_and(r.state = 'kept') FROM (
         SELECT state FROM rounds
         WHERE model_id = p.model_id AND created_at >= p.saved_at AND state IN ('promoted', 'kept', 'declined')
         ORDER BY number DESC LIMIT 2) AS r)`,
    [modelId],
  );
}
