/**
 * The training worker: computes runs, one at a time, and does small tasks beside them.
 *
 * Runs outlive Redis and this process: whatever row is unfinished gets its job again at boot and every few seconds, and a run whose worker
 * died is taken up where its last checkpoint stands.
 */
import { randomUUID } from 'node:crypto';
import os from 'node:os';
import { DelayedError, Queue, WaitingError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import type { Config } from '../../common/config/config.js';
import { trainJobSchema, type TrainJob } from '../../common/contracts/run-records.js';
import type { Logger } from '../../common/logging/logger.js';
import { modelsChangedChannel } from '../../common/queue/model-signals.js';
import { endedJobsVanish, queueNames } from '../../common/queue/queues.js';
import { queuePriorities, runCancelChannel } from '../../common/queue/run-signals.js';
import { statusIntervalMs } from '../../common/queue/status-board.js';
import { trainingStatuses, type TrainingStatus } from '../../common/queue/training-status.js';
import { createMeters, type MeterOf } from '../metering/process-meter.js';
import { RunSession, type SessionEnd } from './run-session.js';
import { RunStore } from './run-store.js';
import { TaskProcessor } from './task.processor.js';

/** A dead worker's run is taken over within some fifteen seconds. */
const takeover = { lockDuration: 10_000, stalledInterval: 5000, maxStalledCount: 1000 };
const requeueIntervalMs = 10_000;
/** How long a run waits before it asks again whether the machine is free. */
const busyDelayMs = 2000;

export interface TrainingWorkerOptions {
  dataSource: DataSource;
  redis: Redis;
  config: Config;
  log: Logger;
}

export class TrainingWorker implements AsyncDisposable {
  readonly #id = randomUUID();
  readonly #startedAt = Date.now();
  readonly #store: RunStore;
  readonly #queue: Queue<TrainJob>;
  readonly #generateQueue: Queue;
  readonly #meterOf: MeterOf;
  readonly #tasks: TaskProcessor;
  readonly #worker: Worker<TrainJob>;
  readonly #connections: Redis[] = [];
  readonly #subscriber: Redis;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #ended: TrainingStatus['ended'] = { succeeded: 0, failed: 0, cancelled: 0 };
  #steps = 0;
  #session: RunSession | null = null;
  #isClosing = false;

  private constructor(private readonly options: TrainingWorkerOptions) {
    const { dataSource, redis, log } = options;
    this.#store = new RunStore(dataSource, { id: this.#id, machine: os.hostname() });
    this.#queue = new Queue(queueNames.train, { connection: redis });
    this.#generateQueue = new Queue(queueNames.generate, { connection: redis });
    this.#meterOf = createMeters(options);
    this.#tasks = new TaskProcessor({
      ...options,
      meterOf: this.#meterOf,
      connection: this.#connect(),
      isRunning: () => this.#session !== null,
    });
    this.#worker = new Worker(queueNames.train, (job, token) => this.#train(job, token), {
      connection: this.#connect(),
      concurrency: 1,
      ...takeover,
    });
    this.#worker.on('error', (error) => log.warn({ err: error }, 'the queue of runs is not reachable'));
    this.#subscriber = this.#connect();
  }

  static async start(options: TrainingWorkerOptions): Promise<TrainingWorker> {
    const worker = new TrainingWorker(options);
    worker.#listen();
    await worker.#requeueUnfinished();
    worker.#timers.push(
      setInterval(() => void worker.#requeueUnfinished(), requeueIntervalMs),
      setInterval(() => void worker.#sayStatus(), statusIntervalMs),
    );
    await worker.#sayStatus();
    return worker;
  }

  /** Hands a running run back, with a checkpoint, then lets everything go. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#timers) clearInterval(timer);
    const closing = this.#worker.close();
    this.#session?.stop('handed-over');
    await this.#tasks[Symbol.asyncDispose]();
    await closing;
    await trainingStatuses.remove(this.options.redis, this.#id);
    for (const connection of this.#connections) connection.disconnect();
  }

  async #train(job: Job<TrainJob>, token: string | undefined): Promise<void> {
    const { runId } = trainJobSchema.parse(job.data);
    const taken = await this.#store.take(runId);
    if (taken === 'ended') return;
    if (taken === 'busy') {
      await job.moveToDelayed(Date.now() + busyDelayMs, token);
      throw new DelayedError();
    }
    this.#session = new RunSession(taken, {
      ...this.options,
      store: this.#store,
      meterOf: this.#meterOf,
      generateQueue: this.#generateQueue,
    });
    if (this.#isClosing) this.#session.stop('handed-over');
    try {
      const end = await this.#session.go();
      await this.#took(runId, end);
      if (end !== 'handed-over') return;
    } finally {
      this.#steps += this.#session.steps;
      this.#session = null;
    }
    await job.moveToWait(token);
    throw new WaitingError();
  }

  async #took(runId: string, end: SessionEnd): Promise<void> {
    this.options.log.info({ runId, end }, 'a run left this worker');
    if (end === 'succeeded' || end === 'failed' || end === 'cancelled') this.#ended[end]++;
    if (end === 'succeeded' && this.options.redis.status === 'ready')
      await this.options.redis.publish(modelsChangedChannel, '');
  }

  #listen(): void {
    this.#subscriber.on('error', () => undefined);
    this.#subscriber.on('message', (_channel, runId: string) => {
      if (this.#session?.run.id === runId) this.#session.stop('cancelled');
    });
    // A cancellation that is missed is read from Postgres two seconds later.
    void this.#subscriber.subscribe(runCancelChannel).catch(() => undefined);
  }

  async #requeueUnfinished(): Promise<void> {
    if (this.options.redis.status !== 'ready') return;
    try {
      for (const { id, priority, scheduledAt } of await this.#store.listUnfinished())
        await this.#queue.add(
          'train',
          { runId: id },
          {
            jobId: id,
            priority: queuePriorities[priority],
            delay: Math.max(0, (scheduledAt?.getTime() ?? 0) - Date.now()),
            ...endedJobsVanish,
          },
        );
    } catch (error) {
      this.options.log.warn({ err: error }, 'unfinished runs could not be queued; trying again');
    }
  }

  async #sayStatus(): Promise<void> {
    if (this.#isClosing || this.options.redis.status !== 'ready') return;
    try {
      await trainingStatuses.publish(this.options.redis, {
        id: this.#id,
        at: Date.now(),
        startedAt: this.#startedAt,
        machine: os.hostname(),
        runId: this.#session?.run.id ?? null,
        steps: this.#steps + (this.#session?.steps ?? 0),
        ended: this.#ended,
        memoryBytes: process.memoryUsage.rss(),
      });
    } catch (error) {
      this.options.log.warn({ err: error }, 'status could not be published');
    }
  }

  /** A connection of one's own: BullMQ leaves open what it did not open itself. */
  #connect(): Redis {
    const connection = this.options.redis.duplicate();
    this.#connections.push(connection);
    return connection;
  }
}
