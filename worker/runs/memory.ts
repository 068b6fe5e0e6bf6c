/** What a run will take, known before anything is computed. */
import { AppError } from '../../common/contracts/errors.js';
import type { RunConfig } from '../../common/contracts/runs.js';
import type { TokenBatch } from '../nn/batch.js';
import type { MemoryPlan, TrainableModel } from '../nn/trainable-model.js';

/** Takes the largest of every dimension over the batches: more than any one of them needs. */
export function planMemory(model: TrainableModel, batches: Iterable<TokenBatch>): MemoryPlan {
  let largest = { rowCount: 1, rowLength: 1, targetCount: 0, scoredCount: 0 };
  for (const { rowCount, rowLength, targets, scored } of batches) {
    const isLarger = rowCount * rowLength >= largest.rowCount * largest.rowLength;
    largest = {
      ...(isLarger ? { rowCount, rowLength } : largest),
      targetCount: Math.max(largest.targetCount, targets.tokens.length),
      scoredCount: Math.max(largest.scoredCount, scored.length),
    };
  }
  return model.planMemory(largest);
}

/** @throws AppError `RUN_OUT_OF_MEMORY` with what to change */
export function assertFits(plan: MemoryPlan, device: string, { batchSize, maxLength }: RunConfig): void {
  if (plan.total <= plan.available) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new AppError('RUN_OUT_OF_MEMORY', {
    step: 0,
    device,
    advice: `The run needs ${gigabytes(plan.total)}, ${gigabytes(plan.available)} are free. Lower the batch size (${batchSize}) and raise gradient accumulation as much, lower the longest example (${maxLength} tokens), or recompute layers.`,
  });
}
