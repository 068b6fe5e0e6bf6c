import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { Circle, Round } from '../../common/contracts/rounds.js';
import { ModelEntity } from '../../common/database/model.entity.js';
import type { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { PromotionEntity } from '../../common/database/promotion.entity.js';
import { RoundEntity } from '../../common/database/round.entity.js';
import { getLive } from '../evaluations/version-standing.service.js';
import { countFeedback } from './round-feedback.js';
import { RoundPlanService } from './round-plan.service.js';
import { describeRounds, getRound } from './round-rows.js';

const roundsListed = 200;

/** Where the circle of a model stands. */
@Injectable()
export class RoundReader {
  constructor(
    private readonly db: DataSource,
    private readonly plans: RoundPlanService,
  ) {}

  /** @throws AppError `RESOURCE_NOT_FOUND` */
  async getCircle(modelId: string): Promise<Circle> {
    const db = this.db.manager;
    const model = await db.findOneBy(ModelEntity, { id: modelId });
    if (!model) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'model' });
    const { plan, savedAt, stoppedAt } = await this.plans.get(modelId);
    const rows = await db.find(RoundEntity, {
      where: { modelId },
      order: { number: 'DESC' },
      take: roundsListed,
    });
    const live = await getLive(db, modelId);
    return {
      model: { id: model.id, name: model.name },
      feedback: await countFeedback(db, plan, rows[0]?.createdAt ?? null),
      live: { id: live.id, name: live.name, since: (await this.findLiveSince(live)).toISOString() },
      plan,
      planSavedAt: savedAt?.toISOString() ?? null,
      stoppedAt: stoppedAt?.toISOString() ?? null,
      rounds: await describeRounds(db, rows),
    };
  }

  /** @throws AppError `RESOURCE_NOT_FOUND` */
  async get(id: string): Promise<Round> {
    const [round] = await describeRounds(this.db.manager, [await getRound(this.db.manager, id)]);
    if (!round) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'round' });
    return round;
  }

  private async findLiveSince({ id: versionId, createdAt }: ModelVersionEntity): Promise<Date> {
    const [last] = await this.db.manager.find(PromotionEntity, {
      where: { versionId },
      order: { sequence: 'DESC' },
      take: 1,
    });
    return last?.createdAt ?? createdAt;
  }
}
