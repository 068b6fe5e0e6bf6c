/**
 * The inference worker: takes jobs of the `generate`, `embed` and `score` queues, keeps the models they need, says how it is.
 *
 * A job whose worker died is taken up by another within about ten seconds: that is how long its lock lasts and how often the others look.
 * A worker that shuts down hands its jobs back at once, with what was said saved.
 */
import { randomUUID } from 'node:crypto';
import { UnrecoverableError, WaitingError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import type { Config } from '../../common/config/config.js';
import { AppError } from '../../common/contracts/errors.js';
import {
  embedJobSchema,
  generateJobSchema,
  type EmbedJob,
  type EmbedResult,
  type GenerateJob,
} from '../../common/contracts/generation.js';
import { scoreJobSchema, type ScoreJob } from '../../common/contracts/reward-models.js';
import type { Logger } from '../../common/logging/logger.js';
import { modelsChangedChannel } from '../../common/queue/model-signals.js';
import { queueNames } from '../../common/queue/queues.js';
import {
  publishWorkerStatus,
  removeWorkerStatus,
  statusIntervalMs,
  type WorkerStatus,
} from '../../common/queue/worker-status.js';
import { SharedMeter } from '../metering/shared-meter.js';
import { scoreAnswers } from '../scoring/answer-scores.js';
import { ResidentScorer } from '../scoring/resident-scorer.js';
import { getRewardModel } from '../scoring/reward-source.js';
import { AnswerMaker } from './answer-maker.js';
import { removeStaleConversations } from './conversation-folder.js';
import { EventOutbox } from './event-outbox.js';
import { GenerationStore } from './generation-store.js';
import { LiveAnswers } from './live-answers.js';
import { ResidentModels } from './resident-models.js';
import { WorkerCounters } from './worker-counters.js';

/** Lives as long as its owner renews it, which it does twice in this time. */
const lockDurationMs = 8000;
const stalledIntervalMs = 2000;
/** Jobs taken at once: a few more than slots, so that a free slot never waits for the queue. */
const jobsAtOnce = 20;
/** Postgres is asked for the default model at least this often, should the signal be missed. */
const refreshIntervalMs = 5000;

export interface InferenceWorkerOptions {
  dataSource: DataSource;
  redis: Redis;
  config: Config;
  log: Logger;
}

export class InferenceWorker implements AsyncDisposable {
  readonly #id = randomUUID();
  readonly #startedAt = Date.now();
  readonly #counters = new WorkerCounters();
  readonly #residents: ResidentModels;
  readonly #store: GenerationStore;
  readonly #outbox: EventOutbox;
  readonly #live: LiveAnswers;
  readonly #maker: AnswerMaker;
  readonly #scorer = new ResidentScorer();
  readonly #meter: SharedMeter;
  readonly #workers: Worker[] = [];
  readonly #subscriber: Redis;
  readonly #timers: NodeJS.Timeout[] = [];
  #isClosing = false;

  private constructor(private readonly options: InferenceWorkerOptions) {
    const { dataSource, redis, config, log } = options;
    this.#residents = new ResidentModels(dataSource, config, log);
    this.#store = new GenerationStore(dataSource, this.#id);
    this.#outbox = new EventOutbox(redis, (error) =>
      log.warn({ err: error }, 'events could not be appended'),
    );
    this.#live = new LiveAnswers({ redis, store: this.#store, outbox: this.#outbox, log });
    this.#meter = new SharedMeter(dataSource, log);
    this.#maker = new AnswerMaker({
      redis,
      residents: this.#residents,
      store: this.#store,
      live: this.#live,
      outbox: this.#outbox,
      counters: this.#counters,
      scorer: this.#scorer,
      getRewardModel: (id) => getRewardModel(id, options),
      meter: this.#meter,
      log,
    });
    this.#subscriber = redis.duplicate();
  }

  /** Loads the default model, where there is one, and begins to work. */
  static async start(options: InferenceWorkerOptions): Promise<InferenceWorker> {
    const worker = new InferenceWorker(options);
    await worker.#start();
    return worker;
  }

  /** Hands running answers back, then lets everything go. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#timers) clearInterval(timer);
    const closing = this.#workers.map((worker) => worker.close());
    this.#live.callOffAll('handed-over');
    await Promise.all(closing);
    await this.#outbox.flush();
    await this.#live[Symbol.asyncDispose]();
    await this.#meter[Symbol.asyncDispose]();
    await removeWorkerStatus(this.options.redis, this.#id);
    this.#subscriber.disconnect();
    this.#scorer[Symbol.dispose]();
    await this.#residents[Symbol.asyncDispose]();
  }

  async #start(): Promise<void> {
    const { redis, log } = this.options;
    this.#timers.push(setInterval(() => void this.#sayStatus(), statusIntervalMs));
    this.#subscriber.on('error', () => undefined);
    this.#subscriber.on('message', () => void this.#refresh());
    void this.#subscriber.subscribe(modelsChangedChannel).catch(() => undefined);
    void this.#sayStatus();
    await removeStaleConversations(this.options.config.dataDir);
    await this.#refresh();
    this.#timers.push(setInterval(() => void this.#refresh(), refreshIntervalMs));
    if (!this.#residents.hasDefault) log.info('no model yet; waiting for one');

    const common = { lockDuration: lockDurationMs, stalledInterval: stalledIntervalMs };
    const generate = new Worker<GenerateJob>(
      queueNames.generate,
      (job, token) => this.#generate(job, token),
      {
        ...common,
        connection: redis.duplicate(),
        concurrency: jobsAtOnce,
      },
    );
    const embed = new Worker<EmbedJob, EmbedResult>(queueNames.embed, (job) => this.#embed(job), {
      ...common,
      connection: redis.duplicate(),
      concurrency: 2,
    });
    const score = new Worker<ScoreJob, number>(queueNames.score, (job) => this.#score(job), {
      ...common,
      connection: redis.duplicate(),
      concurrency: 1,
    });
    for (const worker of [generate, embed, score]) {
      worker.on('error', (error) => log.warn({ err: error }, 'queue is not reachable'));
      this.#workers.push(worker);
    }
    void this.#sayStatus();
  }

  async #generate(job: Job<GenerateJob>, token: string | undefined): Promise<void> {
    const { generationIds } = generateJobSchema.parse(job.data);
    const times = { queuedAt: job.timestamp, takenAt: Date.now() };
    const rows = await this.#store.take(generationIds);
    const making = Promise.all(rows.map((row) => this.#maker.make(row, times)));
    if (this.#isClosing) this.#live.callOffAll('handed-over');
    if (!(await making).includes('handed-over')) return;
    await this.#outbox.flush();
    await job.moveToWait(token);
    throw new WaitingError();
  }

  #embed(job: Job<EmbedJob>): Promise<EmbedResult> {
    const { modelVersionId, inputs } = embedJobSchema.parse(job.data);
    return told(async () => {
      using lease = await this.#residents.lease(modelVersionId);
      const use = this.#meter.begin({ kind: 'embedding', subjectId: randomUUID(), userId: null });
      const { result, computedMs } = await lease.resident.embedder.embed(inputs);
      use.addPromptTokens(result.promptTokens);
      this.#meter.add(use, computedMs);
      this.#counters.countEmbedded(result.promptTokens);
      return result;
    });
  }

  #score(job: Job<ScoreJob>): Promise<number> {
    const asked = scoreJobSchema.parse(job.data);
    return told(() => scoreAnswers(asked, { ...this.options, scorer: this.#scorer }));
  }

  async #refresh(): Promise<void> {
    try {
      await this.#residents.refresh();
    } catch (error) {
      this.options.log.warn({ err: error }, 'models could not be read from the database');
    }
    void this.#sayStatus();
  }

  async #sayStatus(): Promise<void> {
    if (this.#isClosing || this.options.redis.status !== 'ready') return;
    try {
      await publishWorkerStatus(this.options.redis, this.#status());
    } catch (error) {
      this.options.log.warn({ err: error }, 'status could not be published');
    }
  }

  #status(): WorkerStatus {
    const { all, defaultResident, defaultError } = this.#residents;
    const stats = all.map((resident) => resident.loop.stats);
    const sum = (pick: (stat: (typeof stats)[number]) => number) =>
      stats.reduce((a, stat) => a + pick(stat), 0);
    return {
      id: this.#id,
      at: Date.now(),
      startedAt: this.#startedAt,
      state: this.#state(),
      error: defaultError?.toFailure() ?? null,
      device: all[0]?.model.device ?? 'none',
      slots: sum((stat) => stat.slots),
      busySlots: sum((stat) => stat.busySlots),
      waiting: sum((stat) => stat.waiting),
      residents: all.map((resident) => ({
        modelId: resident.row.id,
        name: resident.row.name,
        memoryBytes: Math.round(resident.memoryBytes),
        contextTokens: resident.loop.contextTokens,
        slots: resident.capacity.slots,
        isDefault: resident === defaultResident,
      })),
      memoryBytes: process.memoryUsage.rss(),
      counters: this.#counters.values,
    };
  }

  #state(): WorkerStatus['state'] {
    if (this.#residents.defaultResident) return 'ready';
    if (this.#residents.defaultError) return 'failed';
    return this.#residents.hasDefault ? 'loading' : 'waiting';
  }
}

/** Whoever waits for a job's result gets the error's body as the job's reason. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) throw new UnrecoverableError(JSON.stringify(error.toBody()));
    throw error;
  }
}
