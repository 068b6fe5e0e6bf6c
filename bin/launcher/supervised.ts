/** Starts a thing again whenever it ends unasked, waiting longer each time that it ends soon. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Supervisable {
  /** Why it ended; resolves whenever it does. */
  exited: Promise<string>;
  stop(): Promise<void>;
}

export interface SupervisedOptions<T extends Supervisable> {
  start(): Promise<T>;
  /** Told before each restart, with the wait. */
  onEnd(reason: string, delayMs: number): void;
  onStart?(running: T): void;
  firstDelayMs?: number;
}

const longestDelayMs = 30_000;
/** One that ran this long starts with the shortest wait again. */
const healthyMs = 60_000;

export class Supervised<T extends Supervisable> {
  #running: T | null = null;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  private constructor(private readonly options: SupervisedOptions<T>) {}

  /** @throws whatever the first start throws; later ones are tried again */
  static async start<T extends Supervisable>(options: SupervisedOptions<T>): Promise<Supervised<T>> {
    const supervised = new Supervised(options);
    supervised.#take(await options.start());
    supervised.#loop = supervised.#keepRunning();
    return supervised;
  }

  /** The one that runs now; null between an end and the next start. */
  get running(): T | null {
    return this.#running;
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running?.stop();
    await this.#loop;
  }

  #take(running: T): void {
    this.#running = running;
    this.options.onStart?.(running);
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping;
    const firstDelayMs = this.options.firstDelayMs ?? 500;
    let delayMs = firstDelayMs;
    let startedAt = Date.now();
    let failure: string | null = null;
    while (!signal.aborted) {
      const reason: string = failure ?? (await this.#running?.exited) ?? 'unknown';
      this.#running = null;
      if (signal.aborted) return;
      delayMs = Date.now() - startedAt > healthyMs ? firstDelayMs : delayMs;
      this.options.onEnd(reason, delayMs);
      await delay(delayMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      delayMs = Math.min(delayMs * 2, longestDelayMs);
      startedAt = Date.now();
      failure = await this.options.start().then(
        (running) => (this.#take(running), null),
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      // Told to stop while it was starting.
      if (signal.aborted) await this.running?.stop();
    }
  }
}
