import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import { roundPlanSchema, type RoundPlan } from '../../common/contracts/rounds.js';
import { ModelEntity } from '../../common/database/model.entity.js';
import { RoundPlanEntity } from '../../common/database/round-plan.entity.js';
import { getDataset } from '../datasets/dataset-rows.js';
import { HeldOutRows } from '../evaluations/held-out-rows.service.js';
import { assertRecipe } from './recipe.js';

/** How the rounds of each model go. */
@Injectable()
export class RoundPlanService {
  constructor(
    private readonly db: DataSource,
    private readonly heldOut: HeldOutRows,
  ) {}

  /** The plan that was saved, or the one that a model has until then. */
  async get(
    modelId: string,
    db: EntityManager = this.db.manager,
  ): Promise<Omit<RoundPlanEntity, 'savedAt'> & { savedAt: Date | null }> {
    const row = await db.findOneBy(RoundPlanEntity, { modelId });
    // Read by the schema: a plan from before a setting was added takes its default.
    if (row) return { ...row, plan: roundPlanSchema.parse(row.plan) };
    return { modelId, plan: roundPlanSchema.parse({}), savedBy: null, savedAt: null, stoppedAt: null };
  }

  /**
   * Rounds that stopped to begin by themselves begin again.
   *
   * @throws AppError `RESOURCE_NOT_FOUND`, `EVALUATION_DATA_UNFIT`, and what `assertRecipe` does
   */
  async save(modelId: string, plan: RoundPlan, userId: string): Promise<RoundPlan> {
    const db = this.db.manager;
    if (!(await db.existsBy(ModelEntity, { id: modelId })))
      throw new AppError('RESOURCE_NOT_FOUND', { resource: 'model' });
    assertRecipe(plan.recipe);
    if (plan.judgedOn !== null) await this.heldOut.choose(await getDataset(db, plan.judgedOn));
    const row = { modelId, plan, savedBy: userId, savedAt: new Date(), stoppedAt: null };
    await db.save(db.create(RoundPlanEntity, row));
    return plan;
  }
}
