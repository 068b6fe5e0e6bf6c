import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { PromotionEntity } from '../../../common/database/promotion.entity.js';
import type { RoundEntity } from '../../../common/database/round.entity.js';
import { PromotionService } from '../../evaluations/promotion.service.js';
import { VersionStandingService } from '../../evaluations/version-standing.service.js';
import type { StepOfRound, StepOutcome } from './round-step.js';

/** The gate, an admin's yes where the plan wants one, and the promotion. */
@Injectable()
export class PromotionStep implements StepOfRound {
  constructor(
    private readonly db: DataSource,
    private readonly standings: VersionStandingService,
    private readonly promotions: PromotionService,
  ) {}

  async advance(round: RoundEntity): Promise<StepOutcome> {
    const candidateId = round.candidateId ?? '';
    const { gate, live } = await this.standings.get(candidateId);
    if (live.id === candidateId)
      return { state: 'promoted', promotionId: await this.findPromotion(candidateId) };
    // What was live when it was judged is live no more: once around again, and a yes was to something else.
    if (gate.reason === 'not_evaluated')
      return { step: 'evaluation', evaluationId: randomUUID(), approvedBy: null };
    if (!gate.passes) return { state: 'kept', gate };
    if (round.plan.promotes === 'asked' && round.approvedBy === null) return { state: 'asking', gate };
    const { id } = await this.promotions.promote(candidateId, null, round.approvedBy ?? round.createdBy);
    return { state: 'promoted', gate, promotionId: id };
  }

  mend(): Promise<object> {
    return Promise.resolve({});
  }

  /** By which it went live: this round's, done before a crash, or an admin's. */
  private async findPromotion(versionId: string): Promise<string | null> {
    const [last] = await this.db.manager.find(PromotionEntity, {
      where: { versionId },
      order: { sequence: 'DESC' },
      take: 1,
    });
    return last?.id ?? null;
  }
}
