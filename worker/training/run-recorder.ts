/**
 * Carries a run's events to Postgres, and then to whoever watches. Several at a time: a small model takes hundreds of steps a second.
 *
 * While Postgres is away the events wait here and the run goes on; watchers are told of nothing that Postgres does not know, so that what
 * they read again is never older than what they heard.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { RunEvent } from '../../common/contracts/run-events.js';
import type { RunEntity } from '../../common/database/run.entity.js';
import type { Logger } from '../../common/logging/logger.js';
import { runNewsChannel, type RunNews } from '../../common/queue/run-signals.js';
import { RunTally, tellsPrompts, type RecordedBatch, type TimedEvent } from './recorded-batch.js';
import type { Recorded, RunStore } from './run-store.js';

const flushIntervalMs = 250;
/** A transaction stays short. */
const eventsAtOnce = 500;

/** What is read of a run that was taken. */
interface RecordedRun {
  row: Pick<RunEntity, 'id' | 'metrics'>;
  erasedRows: number;
}

export interface RecorderOptions {
  store: RunStore;
  redis: Redis;
  log: Logger;
  /** The run is another worker's now. */
  onLost(): void;
}

export class RunRecorder implements Disposable {
  readonly #tally: RunTally;
  readonly #timer: NodeJS.Timeout;
  #waiting: TimedEvent[] = [];
  /** Made of the first of `#waiting`, and not written yet. */
  #pending: { events: TimedEvent[]; batch: RecordedBatch } | null = null;
  #backfill: RecordedBatch['points'] = [];
  #writing: Promise<void> = Promise.resolve();
  #isLost = false;

  constructor(
    private readonly run: RecordedRun,
    private readonly options: RecorderOptions,
  ) {
    this.#tally = new RunTally(run.row.metrics);
    this.#timer = setInterval(() => void this.#flush().catch(() => undefined), flushIntervalMs);
  }

  take(event: RunEvent): void {
    this.#waiting.push({ event, at: new Date() });
  }

  /** Adds points that the run wrote down itself before this worker heard of it: its last steps under a worker that was killed. */
  backfill(points: RecordedBatch['points']): void {
    this.#backfill = [...points];
  }

  /** See `RunTally.breakPace`. */
  breakPace(): void {
    this.#tally.breakPace();
  }

  /** Waits until all is written, however long Postgres is away. */
  async settle(signal: AbortSignal): Promise<void> {
    while (this.#waiting.length > 0 && !this.#isLost && !signal.aborted) {
      await this.#flush().catch(() => delay(1000, undefined, { signal }).catch(() => undefined));
    }
  }

  /** Tells watchers that something about the run changed that no event says. */
  announce(): void {
    this.#publish([{ runId: this.run.row.id, event: null }]);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** One after another; a failed one leaves its events waiting. */
  #flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    this.#pending ??= this.#nextBatch();
    if (!this.#pending || this.#isLost) return;
    const { events, batch } = this.#pending;
    const recorded = await this.#record(batch);
    if (recorded === 'lost') return this.#lose();
    this.#pending = null;
    this.#waiting.splice(0, events.length);
    const told = recorded === 'whole' ? events : events.filter(({ event }) => !tellsPrompts(event));
    this.#publish(told.map(({ event }) => ({ runId: this.run.row.id, event })));
  }

  async #record(batch: RecordedBatch): Promise<Recorded> {
    const { store, log } = this.options;
    const { row, erasedRows } = this.run;
    try {
      return await store.record(row.id, batch, erasedRows);
    } catch (error) {
      log.warn({ err: error, runId: row.id, waiting: this.#waiting.length }, 'events could not be written');
      throw error;
    }
  }

  #nextBatch() {
    const events = this.#waiting.slice(0, eventsAtOnce);
    if (events.length === 0) return null;
    const batch = this.#tally.toBatch(events);
    batch.points = mergeByStep([...this.#backfill, ...batch.points]);
    this.#backfill = [];
    return { events, batch };
  }

  #lose(): void {
    this.#isLost = true;
    this.options.onLost();
  }

  /** Does not wait: what is lost with Redis is in Postgres. */
  #publish(news: readonly RunNews[]): void {
    const { redis, log } = this.options;
    if (redis.status !== 'ready') return;
    for (const one of news)
      redis
        .publish(runNewsChannel, JSON.stringify(one))
        .catch((error: unknown) => log.warn({ err: error }, 'news of a run could not be published'));
  }
}

/** One statement must not touch a row twice. */
function mergeByStep(points: RecordedBatch['points']): RecordedBatch['points'] {
  const merged = new Map<number, RecordedBatch['points'][number]>();
  for (const point of points) {
    const before = merged.get(point.step);
    merged.set(point.step, { ...point, metrics: { ...before?.metrics, ...point.metrics } });
  }
  return [...merged.values()];
}
