/** Which batches each optimiser step takes. A step's number alone decides it, so that a run can go on from any step. */
import type { RunConfig } from '../../common/contracts/runs.js';
import { chunked, epochBatches } from '../data/order.js';
import type { Item } from '../data/tokenise.js';

export class StepPlan {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  private readonly lengths: number[];
  private cached: { epoch: number; steps: number[][][] } | null = null;

  constructor(
    items: readonly Item[],
    private readonly config: RunConfig,
  ) {
    this.lengths = items.map(({ sequences }) =>
      sequences.reduce((sum, { tokens }) => sum + tokens.length, 0),
    );
    const batches = Math.ceil(items.length / config.batchSize);
    this.stepsPerEpoch = Math.ceil(batches / config.gradientAccumulationSteps);
    const wanted = Math.ceil(config.epochs * this.stepsPerEpoch);
    this.totalSteps = Math.min(wanted, config.maxSteps ?? Infinity);
  }

  /**
   * @param step  from 0
   * @returns micro-batches of item indices
   */
  batchesOf(step: number): number[][] {
    const epoch = Math.floor(step / this.stepsPerEpoch);
    if (this.cached?.epoch !== epoch) {
      const batches = epochBatches(this.lengths, epoch, this.config);
      this.cached = { epoch, steps: chunked(batches, this.config.gradientAccumulationSteps) };
    }
    return this.cached.steps[step % this.stepsPerEpoch] ?? [];
  }

  /** Epochs that are done after `steps` steps. */
  epochAfter(steps: number): number {
    return steps / this.stepsPerEpoch;
  }
}
