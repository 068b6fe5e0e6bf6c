/** Questions that a worker answers while somebody waits: a job whose result is the answer, and whose failure is an error of the catalogue. */
import { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { AppError } from '../../common/contracts/errors.js';
import type { Logger } from '../../common/logging/logger.js';
import { jobRetention, queueStreams } from '../../common/queue/queues.js';

/** What a worker that refuses a job says: an error's body. */
const failureSchema = z.object({
  code: z.string(),
  message: z.string(),
  details: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
    .default({}),
});

export interface WorkerQuestionsOptions {
  redis: Redis;
  logger: Logger;
  /** Who answers, for people: `The inference worker`. */
  part: string;
}

export class WorkerQuestions<Job extends object> {
  readonly #queue: Queue;
  readonly #events: QueueEvents;
  readonly #eventConnection: Redis;

  constructor(
    name: string,
    private readonly options: WorkerQuestionsOptions,
  ) {
    const { redis, logger } = options;
    this.#queue = new Queue(name, {
      connection: redis,
      defaultJobOptions: jobRetention,
      streams: queueStreams,
    });
    // Waits for events, so it cannot share a connection.
    this.#eventConnection = redis.duplicate();
    this.#events = new QueueEvents(name, { connection: this.#eventConnection });
    const warn = (error: Error) => logger.warn({ err: error }, 'queue connection failed');
    this.#queue.on('error', warn);
    this.#events.on('error', warn);
  }

  /** @throws AppError what the worker says, or `SERVER_UNAVAILABLE` when none has answered in time */
  async ask(job: Job, patienceMs: number): Promise<unknown> {
    const added = await this.#queue.add('ask', job);
    try {
      return await added.waitUntilFinished(this.#events, patienceMs);
    } catch (error) {
      if (await added.isFailed()) throw this.#toFailure(error);
      // Nobody waits for it any more.
      await added.remove().catch(() => undefined);
      throw new AppError('SERVER_UNAVAILABLE', { part: this.options.part }, error);
    }
  }

  /** Adds work that nobody waits for. Does not wait either: Redis may be away. */
  tell(job: Job): void {
    void this.#queue
      .add('tell', job)
      .catch((error: unknown) => this.options.logger.warn({ err: error }, 'a job could not be added'));
  }

  /** Not waited for: closing hangs when Redis is gone, though the loop behind it ends. */
  close(): void {
    void this.#events.close().catch(() => undefined);
    this.#eventConnection.disconnect();
  }

  #toFailure(error: unknown): AppError {
    const reason = failureSchema.safeParse(parseJson(error instanceof Error ? error.message : ''));
    return reason.success
      ? AppError.restore(reason.data)
      : new AppError('SERVER_UNAVAILABLE', { part: this.options.part }, error);
  }
}

function parseJson(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return undefined;
  }
}
