import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { GenerateJob } from '../../common/contracts/generation.js';
import { jobRetention, queueNames, queueStreams } from '../../common/queue/queues.js';

/** Injection token of the `generate` queue, as its producer sees it. */
export const GENERATE_QUEUE = Symbol('GENERATE_QUEUE');

/** @param redis  shared, not owned */
export function openGenerateQueue(redis: Redis, onError: (error: Error) => void): Queue<GenerateJob> {
  const queue = new Queue<GenerateJob>(queueNames.generate, {
    connection: redis,
    defaultJobOptions: jobRetention,
    streams: queueStreams,
  });
  queue.on('error', onError);
  return queue;
}
