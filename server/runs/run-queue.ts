import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import {
  runEstimateSchema,
  type NewRun,
  type RunEstimate,
  type TrainingTask,
  type TrainJob,
} from '../../common/contracts/run-records.js';
import type { RunEntity } from '../../common/database/run.entity.js';
import type { Logger } from '../../common/logging/logger.js';
import { endedJobsVanish, queueNames, queueStreams } from '../../common/queue/queues.js';
import { queuePriorities, runCancelChannel } from '../../common/queue/run-signals.js';
import { LOGGER, REDIS } from '../platform/tokens.js';
import { WorkerQuestions } from '../platform/worker-questions.js';

/** A large model takes a while to be read. */
const estimatePatienceMs = 120_000;

/**
 * What the training workers are told. Nothing here is waited for but an estimate: the row says what is to happen, and a worker that missed
 * the job or the signal finds it there within seconds.
 */
@Injectable()
export class RunQueue implements OnModuleDestroy {
  readonly #queue: Queue<TrainJob>;
  readonly #tasks: WorkerQuestions<TrainingTask>;

  constructor(
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.#queue = new Queue(queueNames.train, { connection: redis, streams: queueStreams });
    this.#queue.on('error', (error) => logger.warn({ err: error }, 'queue connection failed'));
    this.#tasks = new WorkerQuestions(queueNames.trainingTasks, {
      redis,
      logger,
      part: 'The training worker',
    });
  }

  /** Queues a run, or queues it anew after its turn was changed. */
  enqueue({ id, priority, scheduledAt }: Pick<RunEntity, 'id' | 'priority' | 'scheduledAt'>): void {
    const delay = Math.max(0, (scheduledAt?.getTime() ?? 0) - Date.now());
    this.#inBackground(async () => {
      // A job that is being worked on cannot be removed, and need not be.
      await this.#queue.remove(id);
      await this.#queue.add(
        'train',
        { runId: id },
        { jobId: id, priority: queuePriorities[priority], delay, ...endedJobsVanish },
      );
    });
  }

  /** Tells the worker that has the run; takes the job of one that nobody has out of the queue. */
  cancel(runId: string): void {
    this.#inBackground(async () => {
      await this.redis.publish(runCancelChannel, runId);
      await this.#queue.remove(runId);
    });
  }

  /** Has a run's files removed. */
  removeFiles(runId: string): void {
    this.#tasks.tell({ type: 'remove', runId });
  }

  /** @throws AppError what a run with these settings would meet before its first step; `SERVER_UNAVAILABLE` */
  async estimate(run: NewRun): Promise<RunEstimate> {
    return runEstimateSchema.parse(await this.#tasks.ask({ type: 'estimate', run }, estimatePatienceMs));
  }

  onModuleDestroy(): void {
    this.#tasks.close();
  }

  #inBackground(action: () => Promise<unknown>): void {
    void action().catch((error: unknown) =>
      this.logger.warn({ err: error }, 'the queue of runs was not told'),
    );
  }
}
