/** What a run will take, known before its weights are read. */
import { AppError } from '../../common/contracts/errors.js';
import { isOnline, type RunConfig } from '../../common/contracts/runs.js';
import { layOut, layoutFor } from '../data/layout.js';
import type { Item } from '../data/tokenise.js';
import type { BatchShape, MemoryPlan } from '../nn/trainable-model.js';
import { algorithms } from '../rlhf/index.js';
import { toLargestItem } from '../rollouts/rollout.js';
import type { RunRequest } from './run-request.js';
import { StepPlan } from './step-plan.js';

/** The largest of every dimension over the first epoch, or what will be done of it: more than any one batch needs. */
export function largestShape(prepared: readonly Item[], config: RunConfig): BatchShape {
  const items = isOnline(config) ? prepared.map((item) => toLargestItem(item, config)) : prepared;
  const plan = new StepPlan(prepared, config);
  const { reads } = algorithms[config.kind];
  let largest: BatchShape = { rowCount: 1, rowLength: 1, targetCount: 0, scoredCount: 0 };
  for (let step = 0; step < Math.min(plan.stepsPerEpoch, plan.totalSteps); step++) {
    for (const indices of plan.batchesOf(step)) {
      const chosen = indices.flatMap((index) => items[index] ?? []);
      const { rowCount, rowLength, targets, scored } = layOut(chosen, layoutFor[reads]).batch;
      const isLarger = rowCount * rowLength >= largest.rowCount * largest.rowLength;
      largest = {
        ...(isLarger ? { rowCount, rowLength } : largest),
        targetCount: Math.max(largest.targetCount, targets.tokens.length),
        scoredCount: Math.max(largest.scoredCount, scored.length),
      };
    }
  }
  return largest;
}

/** @throws AppError `RUN_OUT_OF_MEMORY` with what to change */
export function assertFits(
  plan: MemoryPlan,
  device: string,
  request: Pick<RunRequest, 'config' | 'recomputeLayers'>,
): void {
  if (plan.total <= plan.available) return;
  const needed = `The run needs ${gigabytes(plan.total)}, ${gigabytes(plan.available)} are free.`;
  const model = plan.weights + plan.training;
  const advice = model > plan.available ? adviseOnModel(model, request.config) : adviseOnBatches(request);
  throw new AppError('RUN_OUT_OF_MEMORY', { step: 0, device, advice: `${needed} ${advice}` });
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

function adviseOnModel(bytes: number, { mode }: RunConfig): string {
  const smaller = `The model alone takes ${gigabytes(bytes)}, whatever the batches are: choose a smaller one`;
  return mode === 'full' ? `${smaller}, or train an adapter instead of every weight.` : `${smaller}.`;
}

function adviseOnBatches({
  config,
  recomputeLayers,
}: Pick<RunRequest, 'config' | 'recomputeLayers'>): string {
  const { batchSize, maxLength } = config;
  const ways = [
    ...(batchSize > 1 ? [`lower the batch size (${batchSize}) and raise gradient accumulation as much`] : []),
    ...(recomputeLayers ? [] : ['recompute layers, which takes longer']),
    `lower the longest example (${maxLength} tokens)`,
  ];
  return `To change that, ${ways.join('; or ')}.`;
}
