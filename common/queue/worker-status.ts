/**
 * What the inference workers say about themselves.
 *
 * `GET /ready` looks for a worker that is ready; `GET /metrics` shows the numbers. Counters count from the worker's start, so that a
 * restart shows as a reset, which Prometheus understands.
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { failureSchema } from '../contracts/failure.js';
import { stopReasons } from '../contracts/generation.js';
import { StatusBoard } from './status-board.js';

export { statusIntervalMs } from './status-board.js';
/** Upper bounds of the first-token histogram, seconds. */
export const firstTokenBoundsSeconds = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6] as const;

export const workerStatusSchema = z.strictObject({
  id: z.uuid(),
  /** Milliseconds since 1970, of this entry and of the worker's start. */
  at: z.int(),
  startedAt: z.int(),
  /** `waiting`: there is no default model; `loading`: it is being read; `failed`: it cannot be loaded, `error` says why. */
  state: z.enum(['waiting', 'loading', 'ready', 'failed']),
  error: failureSchema.nullable(),
  /** What computes: `cpu`, `cuda`, `vulkan`, `metal`. */
  device: z.string(),
  /** Over all resident models. */
  slots: z.int(),
  busySlots: z.int(),
  /** Answers that the worker has taken and that wait for a slot. */
  waiting: z.int(),
  residents: z.array(
    z.strictObject({
      modelId: z.uuid(),
      name: z.string(),
      /** Weights and caches, as reckoned. */
      memoryBytes: z.int(),
      contextTokens: z.int(),
      slots: z.int(),
      isDefault: z.boolean(),
    }),
  ),
  /** Resident set of the process. */
  memoryBytes: z.int(),
  counters: z.strictObject({
    promptTokens: z.int(),
    cachedTokens: z.int(),
    completionTokens: z.int(),
    embeddedTokens: z.int(),
    /** Ended answers by how they ended. */
    answers: z.record(z.enum(stopReasons), z.int()),
    /** Answers whose first token came within each bound of `firstTokenBoundsSeconds` and not within the one before; the last is beyond all. */
    firstToken: z.array(z.int()),
    firstTokenSumSeconds: z.number(),
  }),
});
export type WorkerStatus = z.infer<typeof workerStatusSchema>;

const board = new StatusBoard('attune:workers:inference', workerStatusSchema);

export const publishWorkerStatus = (redis: Redis, status: WorkerStatus) => board.publish(redis, status);
export const removeWorkerStatus = (redis: Redis, id: string) => board.remove(redis, id);
/** Workers that are alive. */
export const listWorkerStatuses = (redis: Redis) => board.list(redis);
