/**
 * Works the `models` queue: one job, one download. Owns the abort controllers of the running ones and listens for who is cancelled.
 *
 * Downloads outlive Redis and this process: whatever row is unfinished gets its job again at boot and every half minute.
 */
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from '../../common/logging/logger.js';
import { In, type DataSource } from 'typeorm';
import type { Config } from '../../common/config/config.js';
import { obtainJobSchema } from '../../common/contracts/models.js';
import { DownloadEntity } from '../../common/database/download.entity.js';
import { downloadCancelChannel } from '../../common/queue/download-signals.js';
import { queueNames } from '../../common/queue/queues.js';
import { requestBundledModel, requestDefaultModel } from './default-model.js';
import { obtain } from './obtain.js';

const requeueIntervalMs = 30_000;
/** Ended jobs must vanish at once: a resumed download uses the same job id. */
const retention = { removeOnComplete: true, removeOnFail: true } as const;

export interface ModelsProcessorOptions {
  dataSource: DataSource;
  redis: Redis;
  config: Config;
  log: Logger;
}

export class ModelsProcessor implements AsyncDisposable {
  readonly #running = new Map<string, AbortController>();
  readonly #queue: Queue;
  readonly #worker: Worker;
  readonly #subscriber: Redis;
  readonly #timer: NodeJS.Timeout;

  private constructor(private readonly options: ModelsProcessorOptions) {
    const { redis } = options;
    this.#queue = new Queue(queueNames.models, { connection: redis });
    this.#worker = new Worker(queueNames.models, (job) => this.#process(job.data), {
      connection: redis.duplicate(),
      concurrency: 2,
    });
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
    for (const controller of this.#running.values()) controller.abort();
    await this.#worker.close();
    await this.#queue.close();
    this.#subscriber.disconnect();
  }

  async #process(data: unknown): Promise<void> {
    const { downloadId } = obtainJobSchema.parse(data);
    const { dataSource, config, log } = this.options;
    const controller = new AbortController();
    this.#running.set(downloadId, controller);
    try {
      await obtain(downloadId, { dataSource, config, signal: controller.signal });
    } catch (error) {
      // The row holds the outcome; a retry is the admin's decision, so the job itself ends well.
      if (!controller.signal.aborted) log.warn({ err: error, downloadId }, 'download failed');
      if (!controller.signal.aborted && (await requestBundledModel(dataSource)))
        await this.#requeueUnfinished();
    } finally {
      this.#running.delete(downloadId);
    }
  }

  async #requeueUnfinished(): Promise<void> {
    try {
      const rows = await this.options.dataSource
        .getRepository(DownloadEntity)
        .find({ select: { id: true }, where: { state: In(['queued', 'running', 'verifying']) } });
      for (const { id } of rows)
        await this.#queue.add('obtain', { downloadId: id }, { jobId: id, ...retention });
    } catch (error) {
      this.options.log.warn({ err: error }, 'unfinished downloads could not be queued; trying again');
    }
  }
}
