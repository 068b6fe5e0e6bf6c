/**
 * What is live: one version a model, changed here alone, and every change written down.
 *
 * A running answer ends on the version that it began with, since its row names it; the next one is made by what is live then.
 */
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { Gate, Promotion } from '../../common/contracts/evaluations.js';
import { CanaryEntity } from '../../common/database/canary.entity.js';
import type { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { PromotionEntity } from '../../common/database/promotion.entity.js';
import { toPromotion } from './evaluation-rows.js';
import { getLive, getVersion, VersionStandingService } from './version-standing.service.js';

interface Change {
  to: ModelVersionEntity;
  from: ModelVersionEntity;
  kind: Promotion['kind'];
  reason: string | null;
  gate: Gate | null;
  /** Null where nobody is there any more in whose name it happens. */
  userId: string | null;
}

@Injectable()
export class PromotionService {
  constructor(
    private readonly db: DataSource,
    private readonly standings: VersionStandingService,
  ) {}

  /**
   * @param reason  puts the version live though the gate is closed
   * @throws AppError `PROMOTION_GATE_CLOSED`, `PROMOTION_ALREADY_LIVE`, `RESOURCE_NOT_FOUND`
   */
  async promote(versionId: string, reason: string | null, userId: string | null): Promise<Promotion> {
    return this.db.transaction(async (db) => {
      const to = await getVersion(db, versionId);
      await lockModel(db, to.modelId);
      const from = await getLive(db, to.modelId);
      if (from.id === to.id) throw new AppError('PROMOTION_ALREADY_LIVE', { name: to.name });
      const { gate } = await this.standings.get(versionId, db);
      if (!gate.passes && reason === null)
        throw new AppError('PROMOTION_GATE_CLOSED', { name: to.name, reason: gate.reason ?? '' });
      return change(db, { to, from, kind: gate.passes ? 'promotion' : 'forced', reason, gate, userId });
    });
  }

  /** Undoes the last change that has not been undone. @throws AppError `PROMOTION_NOTHING_TO_UNDO` */
  async rollBack(modelId: string, userId: string): Promise<Promotion> {
    return this.db.transaction(async (db) => {
      await lockModel(db, modelId);
      const history = await db.find(PromotionEntity, { where: { modelId }, order: { sequence: 'ASC' } });
      const from = await getLive(db, modelId);
      const previousId = findUndoable(history);
      const to = previousId === null ? null : await getVersion(db, previousId);
      if (!to || to.id === from.id) throw new AppError('PROMOTION_NOTHING_TO_UNDO');
      return change(db, { to, from, kind: 'rollback', reason: null, gate: null, userId });
    });
  }

  /** The newest first. */
  async list(): Promise<Promotion[]> {
    const rows = await this.db.manager
      .createQueryBuilder(PromotionEntity, 'p')
      .leftJoin('users', 'u', 'u.id = p.created_by')
      .addSelect('u.name', 'by_name')
      .orderBy('p.sequence', 'DESC')
      .getRawAndEntities<{ by_name: string | null }>();
    return rows.entities.map((row, index) => toPromotion(row, rows.raw[index]?.by_name ?? null));
  }
}

/** Two admins at once are put in a row. */
async function lockModel(db: EntityManager, modelId: string): Promise<void> {
  const [model] = await db.query<{ id: string }[]>(`SELECT id FROM models WHERE id = $1 FOR UPDATE`, [
    modelId,
  ]);
  if (!model) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'model' });
}

/** A rollback takes the change before it off the pile. @returns what was live before the change on top; null when nothing is left */
function findUndoable(history: readonly PromotionEntity[]): string | null {
  const pile: PromotionEntity[] = [];
  for (const row of history) {
    if (row.kind === 'rollback') pile.pop();
    else pile.push(row);
  }
  return pile.at(-1)?.previousId ?? null;
}

async function change(
  db: EntityManager,
  { to, from, kind, reason, gate, userId }: Change,
): Promise<Promotion> {
  await db.query(`UPDATE model_versions SET is_live = false WHERE model_id = $1 AND is_live`, [to.modelId]);
  await db.query(`UPDATE model_versions SET is_live = true WHERE id = $1`, [to.id]);
  // A trial was one against what was live.
  await db.delete(CanaryEntity, { modelId: to.modelId });
  const id = randomUUID();
  await db.insert(PromotionEntity, {
    id,
    modelId: to.modelId,
    kind,
    versionId: to.id,
    versionName: to.name,
    previousId: from.id,
    previousName: from.name,
    reason,
    gate,
    createdBy: userId,
  });
  const row = await db.findOneByOrFail(PromotionEntity, { id });
  const [user] = await db.query<{ name: string }[]>(`SELECT name FROM users WHERE id = $1`, [userId]);
  return toPromotion(row, user?.name ?? null);
}
