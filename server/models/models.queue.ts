import { Inject, Injectable } from '@nestjs/common';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { ModelsJob } from '../../common/contracts/models.js';
import { downloadCancelChannel, modelsChangedChannel } from '../../common/queue/model-signals.js';
import { endedJobsVanish, queueNames } from '../../common/queue/queues.js';
import { REDIS } from '../platform/tokens.js';

/** What the models worker is told. The queue is not closed: its connection is the shared one, and closing waits for a Redis that may be gone. */
@Injectable()
export class ModelsQueue {
  readonly #queue: Queue<ModelsJob>;

  constructor(@Inject(REDIS) private readonly redis: Redis) {
    this.#queue = new Queue(queueNames.models, { connection: redis });
  }

  async enqueueObtain(downloadId: string): Promise<void> {
    await this.#queue.add(
      'obtain',
      { type: 'obtain', downloadId },
      { jobId: downloadId, ...endedJobsVanish },
    );
  }

  async enqueueForget(downloadId: string): Promise<void> {
    await this.#queue.add('forget', { type: 'forget', downloadId }, endedJobsVanish);
  }

  async enqueueRemove(path: string): Promise<void> {
    await this.#queue.add('remove', { type: 'remove', path }, endedJobsVanish);
  }

  async cancelObtain(downloadId: string): Promise<void> {
    await this.redis.publish(downloadCancelChannel, downloadId);
  }

  async announceChange(): Promise<void> {
    await this.redis.publish(modelsChangedChannel, '');
  }
}
