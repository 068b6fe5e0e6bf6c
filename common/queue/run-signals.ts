/** Redis channels of training runs. Each only hastens what Postgres says too: who misses one reads the rows later. */
import type { RunEvent } from '../contracts/run-events.js';

/** Ids of runs to cancel. */
export const runCancelChannel = 'attune:run:cancel';
/** What happens to runs, of all of them, as `RunNews`. */
export const runNewsChannel = 'attune:run:news';

/** An event of a run, or null: something about its row changed that no event tells. */
export interface RunNews {
  runId: string;
  event: RunEvent | null;
}

/** Of the BullMQ queue: a lower number goes first. */
export const queuePriorities = { high: 1, normal: 10, low: 100 } as const;
