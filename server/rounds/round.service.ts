import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import { isOpen, type RoundOccasion, type RoundState } from '../../common/contracts/rounds.js';
import { ModelEntity } from '../../common/database/model.entity.js';
import { RoundEntity } from '../../common/database/round.entity.js';
import { RoundPlanEntity } from '../../common/database/round-plan.entity.js';
import { getLive } from '../evaluations/version-standing.service.js';
import { changeRound } from './change-round.js';
import { RoundDriver } from './round-driver.service.js';
import { countFeedback } from './round-feedback.js';
import { RoundPlanService } from './round-plan.service.js';
import { findLastRound, getRound } from './round-rows.js';
import { RoundSteps } from './steps/round-steps.js';

/** Begins rounds, and does with them what an admin says. */
@Injectable()
export class RoundService {
  constructor(
    private readonly db: DataSource,
    private readonly plans: RoundPlanService,
    private readonly driver: RoundDriver,
    private readonly steps: RoundSteps,
  ) {}

  /**
   * @param by.userId  null where it begins by itself and nobody is there any more who saved the plan
   * @returns id of the round
   * @throws AppError `ROUND_OPEN`, `RESOURCE_NOT_FOUND`
   */
  async begin(modelId: string, by: { occasion: RoundOccasion; userId: string | null }): Promise<string> {
    const id = randomUUID();
    await this.db.transaction(async (db) => {
      const [model] = await db.find(ModelEntity, {
        where: { id: modelId },
        lock: { mode: 'pessimistic_write' },
      });
      if (!model) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'model' });
      const last = await findLastRound(db, modelId);
      if (last && isOpen(last.state))
        throw new AppError('ROUND_OPEN', { number: last.number, model: model.name });
      const { plan } = await this.plans.get(modelId, db);
      const live = await getLive(db, modelId);
      const round = db.create(RoundEntity, {
        id,
        modelId,
        number: (last?.number ?? 0) + 1,
        plan,
        occasion: by.occasion,
        newActs: (await countFeedback(db, plan, last?.createdAt ?? null)).fresh,
        startVersionId: live.id,
        startVersionName: live.name,
        datasetId: randomUUID(),
        evaluationId: randomUUID(),
        createdBy: by.userId,
      });
      await db.save(round);
      // Asked for again, they may go on by themselves again.
      if (by.occasion === 'asked') await db.update(RoundPlanEntity, { modelId }, { stoppedAt: null });
    });
    void this.driver.drive(id);
    return id;
  }

  /** An admin's yes. */
  async approve(id: string, userId: string): Promise<void> {
    await this.change(id, 'approve', ['asking'], { state: 'running', approvedBy: userId });
    void this.driver.drive(id);
  }

  /** An admin's no: what is live stays. */
  async decline(id: string): Promise<void> {
    await this.change(id, 'decline', ['asking'], { state: 'declined' });
  }

  /** Goes on with the step that failed. */
  async retry(id: string): Promise<void> {
    const round = await getRound(this.db.manager, id);
    if (round.state !== 'failed') throw unfit(round.state, 'retry');
    const changes = await this.steps[round.step].mend(round);
    await this.change(id, 'retry', ['failed'], { ...changes, state: 'running', error: null });
    void this.driver.drive(id);
  }

  /** Ends it, and what it has computed just now. What it made so far stays. */
  async cancel(id: string): Promise<void> {
    await this.change(id, 'cancel', ['running', 'asking', 'failed'], { state: 'cancelled' });
    await this.steps.run.cancel({ id });
  }

  /** @throws AppError `ROUND_STATE_UNFIT`, `RESOURCE_NOT_FOUND` */
  private async change(
    id: string,
    action: string,
    from: readonly RoundState[],
    to: Partial<RoundEntity>,
  ): Promise<void> {
    for (;;) {
      const round = await getRound(this.db.manager, id);
      if (!from.includes(round.state)) throw unfit(round.state, action);
      // It may have gone a step further in between; that is no reason to say no.
      if (await changeRound(this.db, round, to)) return;
    }
  }
}

const unfit = (state: RoundState, action: string) => new AppError('ROUND_STATE_UNFIT', { state, action });
