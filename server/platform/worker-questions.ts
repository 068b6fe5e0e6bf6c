/** Questions that a worker answers while somebody waits: a job whose result is the answer, and whose failure is an error of the catalogue. */
import { Queue, QueueEvents, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { within } from '../../common/async/within.js';
import { AppError } from '../../common/contracts/errors.js';
import type { Logger } from '../../common/logging/logger.js';
import { questionRetention, questionStreams } from '../../common/queue/queues.js';

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

type Outcome = { answer: unknown } | { failure: AppError };

/** An event may be gone before it is read: Redis keeps few, and may be lost. */
const lookAgainMs = 1000;

export class WorkerQuestions<Question extends object> {
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
      defaultJobOptions: questionRetention,
      streams: questionStreams,
    });
    // Waits for events, so it cannot share a connection.
    this.#eventConnection = redis.duplicate();
    this.#events = new QueueEvents(name, { connection: this.#eventConnection });
    const warn = (error: Error) => logger.warn({ err: error }, 'queue connection failed');
    this.#queue.on('error', warn);
    this.#events.on('error', warn);
  }

  /** @throws AppError what the worker says, or `SERVER_UNAVAILABLE` when none has answered in time, whether or not Redis is there */
  async ask(question: Question, patienceMs: number): Promise<unknown> {
    const deadline = Date.now() + patienceMs;
    const outcome = await within(patienceMs, this.#ask(question, deadline), null);
    if (!outcome) throw this.#toUnavailable();
    if ('failure' in outcome) throw outcome.failure;
    return outcome.answer;
  }

  /** Adds work that nobody waits for. Does not wait either: Redis may be away. */
  tell(question: Question): void {
    void this.#queue
      .add('tell', question)
      .catch((error: unknown) => this.options.logger.warn({ err: error }, 'a job could not be added'));
  }

  /** Not waited for: closing hangs when Redis is gone, though the loop behind it ends. */
  close(): void {
    void this.#events.close().catch(() => undefined);
    this.#eventConnection.disconnect();
  }

  /** Goes on when nobody waits any more: a question that Redis took late is taken back. */
  async #ask(question: Question, deadline: number): Promise<Outcome | null> {
    try {
      const added = await this.#queue.add('ask', question);
      const outcome = await this.#waitFor(added, deadline);
      // One that a worker has just begun cannot be taken back; few of those are kept.
      void added.remove().catch(() => undefined);
      return outcome;
    } catch (error) {
      return { failure: this.#toUnavailable(error) };
    }
  }

  /** @returns null when it is late, or Redis has lost the question */
  async #waitFor(added: Job, deadline: number): Promise<Outcome | null> {
    while (Date.now() < deadline) {
      try {
        return { answer: await added.waitUntilFinished(this.#events, lookAgainMs) };
      } catch {
        const asked = await this.#queue.getJob(added.id ?? '');
        if (!asked) return null;
        if (asked.failedReason) return { failure: this.#toFailure(asked.failedReason) };
      }
    }
    return null;
  }

  #toFailure(failedReason: string): AppError {
    const failure = failureSchema.safeParse(parseJson(failedReason));
    return failure.success ? AppError.restore(failure.data) : this.#toUnavailable(failedReason);
  }

  #toUnavailable(cause?: unknown): AppError {
    return new AppError('SERVER_UNAVAILABLE', { part: this.options.part }, cause);
  }
}

function parseJson(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return undefined;
  }
}
