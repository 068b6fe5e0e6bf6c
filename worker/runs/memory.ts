/** What a run will take, known before its weights are read. */
import { AppError } from '../../common/contracts/errors.js';
import { readGguf } from '../../common/llama/gguf.js';
import { isOnline, type RunConfig } from '../../common/contracts/runs.js';
import { layOut, layoutFor } from '../data/layout.js';
import type { Item } from '../data/tokenise.js';
import type { BatchShape, MemoryPlan, TrainableModel } from '../nn/trainable-model.js';
import { algorithms } from '../rlhf/index.js';
import { planHouse, type HouseMemory } from '../rollouts/house-memory.js';
import { toLargestItem } from '../rollouts/rollout.js';
import type { PreparedRun } from './prepare-run.js';
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

/** Bytes. */
export interface RunMemory extends MemoryPlan {
  /** Of the total: what samples and what gives rewards; 0 for a run that does not answer itself. */
  beside: number;
}

/** What a run holds when it holds most, before anything of it is opened. */
export class MemoryNeeds {
  private constructor(
    private readonly largest: BatchShape,
    private readonly house: HouseMemory | null,
  ) {}

  /** @throws AppError `GGUF_MISSING`, `GGUF_INVALID` */
  static async of(
    { config, modelPath }: Pick<RunRequest, 'config' | 'modelPath'>,
    { train, heldOut }: Pick<PreparedRun, 'train' | 'heldOut'>,
  ): Promise<MemoryNeeds> {
    const largest = largestShape(train.items, config);
    if (!isOnline(config)) return new MemoryNeeds(largest, null);
    const { batchSize, gradientAccumulationSteps, groupSize } = config;
    const prompts = Math.min(batchSize * gradientAccumulationSteps, train.items.length);
    const lengths = [...train.items, ...(heldOut?.items ?? [])].map(
      ({ sequences }) => sequences[0]?.tokens.length ?? 0,
    );
    const asked = {
      answers: Math.max(prompts * groupSize, heldOut?.items.length ?? 0),
      promptTokens: lengths.reduce((longest, length) => Math.max(longest, length), 0),
      largest,
    };
    return new MemoryNeeds(largest, planHouse(await readGguf(modelPath), config, asked));
  }

  plan(model: Pick<TrainableModel, 'planMemory'>): RunMemory {
    const plan = model.planMemory(this.largest);
    const { house } = this;
    if (!house) return { ...plan, beside: 0 };
    // No two batches of answers have the same shape, and the model keeps the graphs of several, up to twice what the largest takes.
    const activations = 2 * plan.activations;
    const scoring = model.planMemory(house.scored, { gradients: false }).activations + plan.training;
    const beside = house.sampler + house.rewardWeights + house.rewardModels * scoring;
    return { ...plan, activations, beside, total: plan.weights + plan.training + activations + beside };
  }
}

/** @throws AppError `RUN_OUT_OF_MEMORY` with what to change */
export function assertFits(
  plan: RunMemory,
  device: string,
  request: Pick<RunRequest, 'config' | 'recomputeLayers'>,
): void {
  if (plan.total <= plan.available) return;
  const needed = `The run needs ${gigabytes(plan.total)}, ${gigabytes(plan.available)} are free.`;
  const model = plan.weights + plan.training;
  const advice = model > plan.available ? adviseOnModel(model, request.config) : adviseOnRest(plan, request);
  throw new AppError('RUN_OUT_OF_MEMORY', { step: 0, device, advice: `${needed} ${advice}` });
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

function adviseOnModel(bytes: number, { mode }: RunConfig): string {
  const smaller = `The model alone takes ${gigabytes(bytes)}, whatever the batches are: choose a smaller one`;
  return mode === 'full' ? `${smaller}, or train an adapter instead of every weight.` : `${smaller}.`;
}

function adviseOnRest(
  { beside }: RunMemory,
  { config, recomputeLayers }: Pick<RunRequest, 'config' | 'recomputeLayers'>,
): string {
  const { batchSize, maxLength } = config;
  const ways = [
    ...(beside > 0
      ? [`take fewer reward models or shorter answers (${gigabytes(beside)} are for sampling and rewards)`]
      : []),
    ...(batchSize > 1 ? [`lower the batch size (${batchSize}) and raise gradient accumulation as much`] : []),
    ...(recomputeLayers ? [] : ['recompute layers, which takes longer']),
    `lower the longest example (${maxLength} tokens)`,
  ];
  return `To change that, ${ways.join('; or ')}.`;
}
