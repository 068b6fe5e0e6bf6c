/** Has answers scored by the reward model of their base; the scores lie in their table, which whoever wants them reads. */
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { ScoreJob } from '../../common/contracts/reward-models.js';
import type { Logger } from '../../common/logging/logger.js';
import { queueNames } from '../../common/queue/queues.js';
import { LOGGER, REDIS } from '../platform/tokens.js';
import { WorkerQuestions } from '../platform/worker-questions.js';
import { RewardModelService } from './reward-model.service.js';

/** Opening a reward model may take a while; scores follow quickly. */
const patienceMs = 60_000;

@Injectable()
export class ScoringService implements OnModuleDestroy {
  private readonly worker: WorkerQuestions<ScoreJob>;

  constructor(
    @Inject(REDIS) redis: Redis,
    @Inject(LOGGER) logger: Logger,
    private readonly rewardModels: RewardModelService,
  ) {
    this.worker = new WorkerQuestions(queueNames.score, { redis, logger, part: 'The inference worker' });
  }

  /** @throws AppError what the worker says, or `SERVER_UNAVAILABLE` when none has answered in a minute */
  async score(rewardVersionId: string, generationIds: readonly string[]): Promise<void> {
    if (generationIds.length === 0) return;
    await this.worker.ask({ rewardVersionId, generationIds: [...generationIds] }, patienceMs);
  }

  /**
   * By whatever judges the answers of a version's base.
   *
   * @returns id of the reward model; null where there is none
   */
  async scoreByJudge(versionId: string, generationIds: readonly string[]): Promise<string | null> {
    const judgeId = await this.rewardModels.findJudge(versionId);
    if (judgeId !== null) await this.score(judgeId, generationIds);
    return judgeId;
  }

  onModuleDestroy(): void {
    this.worker.close();
  }
}
