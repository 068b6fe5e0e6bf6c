/**
 * Works the `models` queue: obtains files and removes them. Owns the abort controllers of the running downloads.
 *
 * Downloads outlive Redis and this process: whatever row is unfinished gets its job again at boot, every half minute, and when a job ends,
 * for a download may be resumed while its cancelled job, whose id is the same, still lets go.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { In, type DataSource } from 'typeorm';
import type { Config } from '../../common/config/config.js';
import { modelsJobSchema, type ModelsJob } from '../../common/contracts/models.js';
import { DownloadEntity } from '../../common/database/download.entity.js';
import type { Logger } from '../../common/logging/logger.js';
import { downloadCancelChannel, modelsChangedChannel } from '../../common/queue/model-signals.js';
import { endedJobsVanish, queueNames } from '../../common/queue/queues.js';
import { requestBundledModel, requestDefaultModel } from './default-model.js';
import { forgetPartial } from './obtain-file.js';
import { modelFolder, obtain } from './obtain.js';

const requeueIntervalMs = 30_000;
/** A dead worker's download is taken over within some fifteen seconds. */
const takeover = { lockDuration: 10_000, stalledInterval: 5000, maxStalledCount: 100 };

export interface ModelsProcessorOptions {
  dataSource: DataSource;
  redis: Redis;
  config: Config;
  log: Logger;
}

export class ModelsProcessor implements AsyncDisposable {
  readonly #running = new Map<string, AbortController>();
  readonly #queue: Queue<ModelsJob>;
  readonly #worker: Worker;
  /** Of the worker's own: BullMQ leaves open what it did not open itself. */
  readonly #workerConnection: Redis;
  readonly #subscriber: Redis;
  readonly #timer: NodeJS.Timeout;
  readonly #onJobEnded = () => void this.#requeueUnfinished();

  private constructor(private readonly options: ModelsProcessorOptions) {
    const { redis } = options;
    this.#queue = new Queue(queueNames.models, { connection: redis });
    this.#workerConnection = redis.duplicate();
    this.#worker = new Worker(queueNames.models, (job) => this.#process(modelsJobSchema.parse(job.data)), {
      connection: this.#workerConnection,
      concurrency: 2,
      ...takeover,
    });
    this.#worker.on('completed', this.#onJobEnded);
    this.#worker.on('error', (error) => options.log.warn({ err: error }, 'models queue is not reachable'));
    this.#subscriber = redis.duplicate();
    this.#timer = setInterval(() => void this.#requeueUnfinished(), requeueIntervalMs);
  }

  /** Starts working, and asks for the default model where there is none. */
  static async start(options: ModelsProcessorOptions): Promise<ModelsProcessor> {
    const processor = new ModelsProcessor(options);
    processor.#subscriber.on('message', (_channel, id: string) => processor.#running.get(id)?.abort());
    await processor.#subscriber.subscribe(downloadCancelChannel);
    await requestDefaultModel(options.dataSource, options.config);
    await processor.#requeueUnfinished();
    return processor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#worker.off('completed', this.#onJobEnded);
    for (const controller of this.#running.values()) controller.abort();
    await this.#worker.close();
    await this.#queue.close();
    this.#workerConnection.disconnect();
    this.#subscriber.disconnect();
  }

  async #process(job: ModelsJob): Promise<void> {
    switch (job.type) {
      case 'obtain':
        await this.#obtain(job.downloadId);
        break;
      case 'forget':
        await forgetPartial(modelFolder(this.options.config), job.downloadId);
        break;
      case 'remove':
        await this.#remove(job.path);
    }
    await this.options.redis.publish(modelsChangedChannel, '');
  }

  async #obtain(downloadId: string): Promise<void> {
    const { dataSource, config, log } = this.options;
    const controller = new AbortController();
    this.#running.set(downloadId, controller);
    try {
      await obtain(downloadId, { dataSource, config, signal: controller.signal });
      log.info({ downloadId }, 'download complete');
    } catch (error) {
      if (controller.signal.aborted) return;
      // The row holds the outcome, and trying again is the admin's decision: the job itself ends well.
      log.warn({ err: error, downloadId }, 'download failed');
      if (await requestBundledModel(dataSource)) await this.#requeueUnfinished();
    } finally {
      this.#running.delete(downloadId);
    }
  }

  async #remove(storedPath: string): Promise<void> {
    await rm(path.join(this.options.config.dataDir, storedPath), { force: true });
  }

  async #requeueUnfinished(): Promise<void> {
    try {
      const rows = await this.options.dataSource
        .getRepository(DownloadEntity)
        .find({ select: { id: true }, where: { state: In(['queued', 'running', 'verifying']) } });
      for (const { id } of rows)
        await this.#queue.add(
          'obtain',
          { type: 'obtain', downloadId: id },
          { jobId: id, ...endedJobsVanish },
        );
    } catch (error) {
      this.options.log.warn({ err: error }, 'unfinished downloads could not be queued; trying again');
    }
  }
}
