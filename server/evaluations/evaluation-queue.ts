import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { DataSource, In } from 'typeorm';
import type { TrainingTask } from '../../common/contracts/run-records.js';
import { EvaluationEntity } from '../../common/database/evaluation.entity.js';
import type { Logger } from '../../common/logging/logger.js';
import { endedJobsVanish, queueNames, queueStreams } from '../../common/queue/queues.js';
import { LOGGER, REDIS } from '../platform/tokens.js';

const requeueMs = 15_000;

/**
 * What the training workers are to judge. The rows say what is unfinished: each of them has its job again within seconds, should Redis lose
 * it; one that is still there is not doubled, since the row's id is the job's.
 */
@Injectable()
export class EvaluationQueue implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #queue: Queue<TrainingTask>;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly db: DataSource,
  ) {
    this.#queue = new Queue(queueNames.trainingTasks, { connection: redis, streams: queueStreams });
    this.#queue.on('error', (error) => logger.warn({ err: error }, 'queue connection failed'));
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.requeueUnfinished(), requeueMs);
  }

  onModuleDestroy(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  async requeueUnfinished(): Promise<void> {
    if (this.redis.status !== 'ready') return;
    try {
      const rows = await this.db.manager.findBy(EvaluationEntity, { state: In(['queued', 'running']) });
      for (const { id } of rows)
        await this.#queue.add(
          'evaluate',
          { type: 'evaluate', evaluationId: id },
          { jobId: id, ...endedJobsVanish },
        );
    } catch (error) {
      this.logger.warn({ err: error }, 'unfinished evaluations could not be queued; trying again');
    }
  }
}
