/**
 * One optimiser step and one evaluation, for any kind of run: asks the model, lets the algorithm judge, sends the cotangents back. Owns no
 * state but what it was given; the model's belongs to the run.
 */
import { temperatureOf, type RunConfigOf, type RunKind } from '../../common/contracts/runs.js';
import type { BatchLayout } from '../data/layout.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import type { Algorithm, ModelOutputs, UnitOf } from '../rlhf/algorithm.js';
import { algorithmOf } from '../rlhf/index.js';
import { MetricTally } from '../rlhf/metrics.js';

export interface StepOutcome {
  loss: number;
  metrics: MetricTally;
}

/** What is computed together: laid out, and as the units that the algorithm learns from. */
export interface MicroBatch<Unit> {
  layout: BatchLayout;
  units: Unit[];
}

export interface AccumulateOptions {
  signal: AbortSignal;
  /** Factor on loss and gradients. Default 1. */
  weight?: number;
}

export class Trainer<K extends RunKind> {
  private readonly algorithm: Algorithm<RunConfigOf<K>, UnitOf[K]>;
  private readonly temperature: number;

  constructor(
    kind: K,
    private readonly config: RunConfigOf<K>,
    private readonly model: TrainableModel,
  ) {
    this.algorithm = algorithmOf(kind);
    this.temperature = temperatureOf(config);
  }

  get usesReference(): boolean {
    return this.algorithm.usesReference(this.config);
  }

  /** Forward and backward over all micro-batches; gradients are left in the model for `update`. */
  async accumulate(
    microBatches: readonly MicroBatch<UnitOf[K]>[],
    { signal, weight = 1 }: AccumulateOptions,
  ): Promise<StepOutcome> {
    const total = this.sizeOf(microBatches.flatMap(({ units }) => units));
    let prepared = await this.prepareApart(microBatches, signal);
    const metrics = new MetricTally();
    let loss = 0;
    for (const { layout, units } of microBatches) {
      const outputs = await this.forward(layout, { gradients: true, signal });
      prepared ??= this.prepare([{ units, outputs }]);
      const result = this.algorithm.step(this.config, { units, outputs, total, prepared });
      loss += weight * result.loss;
      metrics.merge(result.metrics);
      if (!Number.isFinite(loss)) break;
      await this.model.backward(
        {
          logProbs: scaled(result.logProbCotangents, weight),
          scores: scaled(result.scoreCotangents, weight),
        },
        signal,
      );
    }
    return { loss, metrics };
  }

  /**
   * Loss and metrics without learning.
   *
   * @param onBatch  told the number of batches done
   */
  async evaluate(
    microBatches: Iterable<MicroBatch<UnitOf[K]>>,
    signal: AbortSignal,
    onBatch: (done: number) => void = () => {},
  ): Promise<Record<string, number>> {
    const metrics = new MetricTally();
    let done = 0;
    for (const { layout, units } of microBatches) {
      const outputs = await this.forward(layout, { gradients: false, signal });
      const total = this.sizeOf(units);
      const prepared = this.prepare([{ units, outputs }]);
      const result = this.algorithm.step(this.config, { units, outputs, total, prepared });
      metrics.addMean('loss', result.loss * total, total);
      metrics.merge(result.metrics);
      onBatch(++done);
    }
    return metrics.toRecord();
  }

  private forward({ batch }: BatchLayout, options: { gradients: boolean; signal: AbortSignal }) {
    return this.model.forward(batch, { ...options, temperature: this.temperature });
  }

  private sizeOf(units: readonly UnitOf[K][]): number {
    return units.reduce((sum, unit) => sum + this.algorithm.sizeOf(unit, this.config), 0);
  }

  /** Looks at the whole step first where its gradient depends on that; one micro-batch alone is looked at on the way. */
  private async prepareApart(
    microBatches: readonly MicroBatch<UnitOf[K]>[],
    signal: AbortSignal,
  ): Promise<number | null> {
    if (!this.algorithm.prepare) return 0;
    if (microBatches.length === 1) return null;
    const seen: { units: UnitOf[K][]; outputs: ModelOutputs }[] = [];
    for (const { layout, units } of microBatches) {
      seen.push({ units, outputs: await this.forward(layout, { gradients: false, signal }) });
    }
    return this.prepare(seen);
  }

  private prepare(batches: readonly { units: UnitOf[K][]; outputs: ModelOutputs }[]): number {
    return this.algorithm.prepare?.(this.config, batches) ?? 0;
  }
}

function scaled(cotangents: Float32Array | undefined, weight: number): Float32Array | undefined {
  return weight === 1 ? cotangents : cotangents?.map((cotangent) => weight * cotangent);
}
