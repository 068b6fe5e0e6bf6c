/** A version on trial among people: begun, widened and withdrawn here; a promotion of the model ends it as well. */
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Canary, CanaryArm } from '../../common/contracts/canaries.js';
import { AppError } from '../../common/contracts/errors.js';
import { CanaryEntity } from '../../common/database/canary.entity.js';
import type { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { wilsonLowerBound } from '../evaluations/gate.js';
import { getLive, getVersion } from '../evaluations/version-standing.service.js';
import { feedbackTables, toCondition } from '../feedback/feedback-query.js';

@Injectable()
export class CanaryService {
  constructor(private readonly db: DataSource) {}

  async list(): Promise<Canary[]> {
    const rows = await this.db.manager.find(CanaryEntity, { order: { createdAt: 'ASC' } });
    return Promise.all(rows.map((row) => this.describe(this.db.manager, row)));
  }

  /**
   * Begins a canary in the place of another of the same model, or changes its share; what it drew before it keeps, where the share grows.
   *
   * @param share  percent
   * @throws AppError `CANARY_LIVE` for what answers everybody anyway, `RESOURCE_NOT_FOUND`
   */
  async set(versionId: string, share: number): Promise<Canary> {
    return this.db.transaction(async (db) => {
      const version = await getVersion(db, versionId);
      await db.query(`SELECT 1 FROM models WHERE id = $1 FOR UPDATE`, [version.modelId]);
      const live = await getLive(db, version.modelId);
      if (live.id === versionId) throw new AppError('CANARY_LIVE', { name: version.name });
      await db.query(
        `INSERT INTO canaries (model_id, version_id, share) VALUES ($1, $2, $3)
         ON CONFLICT (model_id) DO UPDATE SET share = excluded.share, version_id = excluded.version_id,
           created_at = CASE WHEN canaries.version_id = excluded.version_id THEN canaries.created_at ELSE now() END`,
        [version.modelId, versionId, share],
      );
      const row = await db.findOneByOrFail(CanaryEntity, { modelId: version.modelId });
      return this.describe(db, row);
    });
  }

  /** @throws AppError `RESOURCE_NOT_FOUND` */
  async withdraw(versionId: string): Promise<void> {
    const { affected } = await this.db.manager.delete(CanaryEntity, { versionId });
    if (!affected) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'canary' });
  }

  private async describe(db: EntityManager, row: CanaryEntity): Promise<Canary> {
    const { modelId, share, createdAt } = row;
    const canary = await countArm(db, await getVersion(db, row.versionId), createdAt);
    const live = await countArm(db, await getLive(db, modelId), createdAt);
    return { modelId, share, createdAt: createdAt.toISOString(), canary, live };
  }
}

/** A conversation `c` that a canary could have drawn: begun since, in `$1`, by somebody who leaves it to the server who answers. */
const drawable = `c.created_at >= $1 AND c.parameters->>'modelVersionId' IS NULL
  AND NOT EXISTS (SELECT FROM version_pins p WHERE p.user_id = c.user_id)`;

/**
 * Answers and thumbs on them, of both arms in the conversations that the canary has its share of. What else the live version answers (the
 * API, older conversations, people who stay on it) comes from other people and of other questions: beside it a canary would look better or
 * worse than it is.
 */
async function countArm(
  db: EntityManager,
  { id, name }: ModelVersionEntity,
  since: Date,
): Promise<CanaryArm> {
  // An answer that was continued has a generation more, and is one answer.
  const [{ answers }] = await db.query<[{ answers: number }]>(
    `SELECT count(DISTINCT m.id)::int AS answers
     FROM generations g JOIN messages m ON m.id = g.message_id JOIN conversations c ON c.id = m.conversation_id
     WHERE ${drawable} AND g.model_version_id = $2 AND g.created_at >= $1 AND g.status IN ('complete', 'stopped')`,
    [since, id],
  );
  const filter = {
    kinds: ['thumb' as const],
    versionIds: [id],
    isExcluded: false,
    source: 'chat' as const,
  };
  const { sql, parameters } = toCondition(filter, [since]);
  const [{ up, thumbs }] = await db.query<[{ up: number; thumbs: number }]>(
    `SELECT count(*)::int AS thumbs, (count(*) FILTER (WHERE f.verdict = 'up'))::int AS up
     FROM ${feedbackTables}
     WHERE ${sql} AND f.conversation_id IN (SELECT c.id FROM conversations c WHERE ${drawable})`,
    parameters,
  );
  return { version: { id, name }, answers, thumbsUp: up, thumbs, interval: toInterval(up, thumbs) };
}

/** Wilson's 95 % interval of a share. @returns null for none of none */
export function toInterval(hits: number, count: number): CanaryArm['interval'] {
  if (count === 0) return null;
  const rate = hits / count;
  return { lower: wilsonLowerBound(rate, count), upper: 1 - wilsonLowerBound(1 - rate, count) };
}
