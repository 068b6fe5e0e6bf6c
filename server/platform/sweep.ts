import type { Logger } from '../../common/logging/logger.js';

/**
 * Something that is looked after again and again, one pass at a time. A pass that fails is told in the log, and the next one tries again.
 */
export class Sweep {
  private timer: NodeJS.Timeout | null = null;
  private passing: Promise<void> | null = null;

  /**
   * @param pass               what is done
   * @param options.intervalMs from the beginning of one pass to that of the next
   * @param options.failure    what the log says of a pass that failed
   */
  constructor(
    private readonly pass: () => Promise<void>,
    private readonly options: { intervalMs: number; logger: Logger; failure: string },
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.now(), this.options.intervalMs);
  }

  /** A pass now; a call during one joins it. */
  now(): Promise<void> {
    const { logger, failure } = this.options;
    this.passing ??= this.pass()
      .catch((error: unknown) => logger.warn({ err: error }, failure))
      .finally(() => (this.passing = null));
    return this.passing;
  }

  /** @returns when the pass that goes on has ended */
  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.passing;
  }
}
