/** What the training workers say about themselves; `GET /metrics` shows it. */
import { z } from 'zod';
import { StatusBoard } from './status-board.js';

export const trainingStatusSchema = z.strictObject({
  id: z.uuid(),
  /** Milliseconds since 1970, of this entry and of the worker's start. */
  at: z.int(),
  startedAt: z.int(),
  /** Where it computes: the machine's name. */
  machine: z.string(),
  /** The run it has, or null. */
  runId: z.uuid().nullable(),
  /** Optimiser steps since the worker's start, over all its runs. */
  steps: z.int(),
  /** Runs that ended on it, by how. */
  ended: z.strictObject({ succeeded: z.int(), failed: z.int(), cancelled: z.int() }),
  /** Resident set of the worker, without that of the run's own process. */
  memoryBytes: z.int(),
});
export type TrainingStatus = z.infer<typeof trainingStatusSchema>;

export const trainingStatuses = new StatusBoard('attune:workers:training', trainingStatusSchema);
