/** Begins rounds by themselves, as the plans say. Any number of servers may look; the model's row lets one of them begin. */
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource, IsNull } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import {
  isOpen,
  roundPlanSchema,
  type RoundOccasion,
  type RoundPlan,
} from '../../common/contracts/rounds.js';
import { RoundPlanEntity } from '../../common/database/round-plan.entity.js';
import type { RoundEntity } from '../../common/database/round.entity.js';
import { Sweep } from '../platform/sweep.js';
import { LOGGER } from '../platform/tokens.js';
import { isNightly } from './nightly.js';
import { hasFresh } from './round-feedback.js';
import { findLastRound } from './round-rows.js';
import { RoundService } from './round.service.js';

const lookMs = 5000;

@Injectable()
export class RoundStarter implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly sweep: Sweep;

  constructor(
    private readonly db: DataSource,
    private readonly rounds: RoundService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const failure = 'plans of rounds could not be read; trying again';
    this.sweep = new Sweep(() => this.beginDue(), { intervalMs: lookMs, logger, failure });
  }

  onApplicationBootstrap(): void {
    this.sweep.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.sweep.stop();
  }

  /** One look at all plans; a call during one joins it. */
  look(): Promise<void> {
    return this.sweep.now();
  }

  private async beginDue(): Promise<void> {
    for (const row of await this.db.manager.findBy(RoundPlanEntity, { stoppedAt: IsNull() }))
      // Each by itself: one that fails keeps no other model waiting.
      await this.beginIfDue(row).catch((error: unknown) => {
        this.logger.warn({ err: error, modelId: row.modelId }, 'a round could not begin; trying again');
      });
  }

  private async beginIfDue(row: RoundPlanEntity): Promise<void> {
    const plan = roundPlanSchema.parse(row.plan);
    if (await this.isDue(row, plan)) await this.begin(row, plan.begin.when);
  }

  private async isDue({ modelId, savedAt }: RoundPlanEntity, plan: RoundPlan): Promise<boolean> {
    if (plan.begin.when === 'asked') return false;
    const last = await findLastRound(this.db.manager, modelId);
    if (last && isOpen(last.state)) return false;
    const since = last?.createdAt ?? null;
    if (plan.begin.when === 'ended') return hasGivenAnAnswer(last);
    if (plan.begin.when === 'feedback')
      return hasFresh(this.db.manager, plan, { since, acts: plan.begin.acts });
    const after = new Date(Math.max(savedAt.getTime(), since?.getTime() ?? 0));
    return (
      isNightly(new Date(), { at: new Date(plan.begin.at), after }) &&
      (await hasFresh(this.db.manager, plan, { since, acts: 1 }))
    );
  }

  private async begin({ modelId, savedBy }: RoundPlanEntity, occasion: RoundOccasion): Promise<void> {
    try {
      await this.rounds.begin(modelId, { occasion, userId: savedBy });
    } catch (error) {
      // Another server was faster.
      if (!(error instanceof AppError && error.code === 'ROUND_OPEN')) throw error;
    }
  }
}

/** The next one follows a round that came to its end, not one that somebody ended. */
function hasGivenAnAnswer(last: RoundEntity | null): boolean {
  return last?.state === 'promoted' || last?.state === 'kept';
}
