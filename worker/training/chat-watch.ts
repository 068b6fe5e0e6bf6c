/** Whether anybody is being answered right now: what a run that lets the chat go first stands still for. */
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from '../../common/logging/logger.js';

const lookIntervalMs = 250;
/** People read and write between two answers; a run that started at once would only be halted again. */
const quietMs = 3000;

export class ChatWatch implements Disposable {
  /** True as long as it is not known otherwise, so that a run without Redis is not held up for ever. */
  isIdle = true;
  #lastBusyAt = -Infinity;
  readonly #timer: NodeJS.Timeout;
  #isLooking = false;

  /**
   * @param options.generateQueue  the chat's
   * @param onChange               told when the chat becomes busy, and when it has been idle for a few seconds
   */
  constructor(
    private readonly options: { generateQueue: Queue; redis: Redis; log: Logger },
    private readonly onChange: (isIdle: boolean) => void,
  ) {
    this.#timer = setInterval(() => void this.look(), lookIntervalMs);
  }

  async look(): Promise<void> {
    const { generateQueue, redis, log } = this.options;
    if (this.#isLooking || redis.status !== 'ready') return;
    this.#isLooking = true;
    try {
      const counts = await generateQueue.getJobCounts('active', 'waiting', 'prioritized');
      this.#take(Object.values(counts).some((count) => count > 0));
    } catch (error) {
      log.warn({ err: error }, 'the chat could not be looked at');
    } finally {
      this.#isLooking = false;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #take(isBusy: boolean): void {
    const now = performance.now();
    if (isBusy) this.#lastBusyAt = now;
    const isIdle = now - this.#lastBusyAt >= quietMs;
    if (isIdle === this.isIdle) return;
    this.isIdle = isIdle;
    this.onChange(isIdle);
  }
}
