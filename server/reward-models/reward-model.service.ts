/** Reward models, and which of them judges a model's answers. */
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { RewardModel } from '../../common/contracts/reward-models.js';
import { ModelEntity } from '../../common/database/model.entity.js';

type Row = Omit<RewardModel, 'createdAt'> & { createdAt: Date };

/** The chosen one, else the newest; only of the base itself. */
const judgeOf = (model: string) => `
  (SELECT r.id FROM model_versions r WHERE r.model_id = ${model}.id AND r.is_reward_model
   ORDER BY r.id = ${model}.reward_version_id DESC NULLS LAST, r.created_at DESC, r.id LIMIT 1)`;

@Injectable()
export class RewardModelService {
  constructor(private readonly db: DataSource) {}

  /** The newest first. */
  async list(): Promise<RewardModel[]> {
    const rows = await this.db.query<Row[]>(
      `SELECT v.id, v.model_id AS "modelId", v.name, v.created_at AS "createdAt", v.id = ${judgeOf('m')} AS "isJudge",
         (SELECT (run.metrics->>'eval_accuracy')::float8 FROM runs run WHERE run.result_version_id = v.id
          ORDER BY run.created_at LIMIT 1) AS accuracy
       FROM model_versions v JOIN models m ON m.id = v.model_id
       WHERE v.is_reward_model ORDER BY v.created_at DESC, v.id`,
    );
    return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
  }

  /**
   * @param versionId  null leaves it to the newest
   * @throws AppError `RESOURCE_NOT_FOUND`, `REWARD_MODEL_OTHER_BASE`
   */
  async choose(modelId: string, versionId: string | null): Promise<RewardModel[]> {
    const all = await this.list();
    const chosen = all.find(({ id }) => id === versionId);
    if (versionId !== null && !chosen) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'reward model' });
    if (chosen && chosen.modelId !== modelId)
      throw new AppError('REWARD_MODEL_OTHER_BASE', { name: chosen.name });
    const { affected } = await this.db.manager.update(
      ModelEntity,
      { id: modelId },
      { rewardVersionId: versionId },
    );
    if (!affected) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'model' });
    return this.list();
  }

  /** Id of the reward model that judges what a version answers; null where its base has none. */
  async findJudge(versionId: string, db: EntityManager = this.db.manager): Promise<string | null> {
    const [row] = await db.query<{ id: string | null }[]>(
      `SELECT ${judgeOf('m')} AS id FROM model_versions v JOIN models m ON m.id = v.model_id WHERE v.id = $1`,
      [versionId],
    );
    return row?.id ?? null;
  }
}
