/**
 * One optimiser step and one evaluation, for any kind of run: lays batches out, asks the model, lets the algorithm judge, sends the
 * cotangents back. Owns no state but what it was given; the model's belongs to the run.
 */
import type { OfflineConfig, OfflineKind, RunConfigOf } from '../../common/contracts/runs.js';
import { layOut, layoutFor, type BatchLayout } from '../data/layout.js';
import type { Item } from '../data/tokenise.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import type { Algorithm, ModelOutputs, UnitOf } from '../rlhf/algorithm.js';
import { algorithmOf } from '../rlhf/index.js';
import { MetricTally } from '../rlhf/metrics.js';
import type { JudgedItems } from './judged-items.js';
import { unitBuilderOf } from './units.js';

export interface StepOutcome {
  loss: number;
  metrics: Record<string, number>;
  /** Tokens of all sequences, as TRL counts them: a shared prompt once for each of its answers. */
  tokenCount: number;
}

interface MicroBatch<Unit> {
  layout: BatchLayout;
  units: Unit[];
}

export class Trainer<K extends OfflineKind> {
  private readonly algorithm: Algorithm<RunConfigOf<K>, UnitOf[K]>;

  constructor(
    private readonly kind: K,
    private readonly config: RunConfigOf<K>,
    private readonly model: TrainableModel,
  ) {
    this.algorithm = algorithmOf(kind);
  }

  get usesReference(): boolean {
    return this.algorithm.usesReference(this.config);
  }

  /**
   * Forward and backward over all micro-batches; gradients are left in the model for `update`.
   *
   * @param batches  indices into the items, one list a micro-batch
   */
  async accumulate(
    data: JudgedItems,
    batches: readonly number[][],
    signal: AbortSignal,
  ): Promise<StepOutcome> {
    const microBatches = batches.map((indices) => this.microBatch(data, indices));
    const total = this.sizeOf(microBatches.flatMap(({ units }) => units));
    let prepared = await this.prepareApart(microBatches, signal);
    const metrics = new MetricTally();
    let loss = 0;
    for (const { layout, units } of microBatches) {
      const outputs = await this.model.forward(layout.batch, { signal });
      prepared ??= this.prepare([{ units, outputs }]);
      const result = this.algorithm.step(this.config, { units, outputs, total, prepared });
      loss += result.loss;
      metrics.merge(result.metrics);
      if (!Number.isFinite(loss)) break;
      await this.model.backward(
        { logProbs: result.logProbCotangents, scores: result.scoreCotangents },
        signal,
      );
    }
    return { loss, metrics: metrics.toRecord(), tokenCount: this.countTokens(data.items, batches.flat()) };
  }

  /**
   * Loss and metrics without learning.
   *
   * @param onBatch  told the number of batches done
   */
  async evaluate(
    data: JudgedItems,
    signal: AbortSignal,
    onBatch: (done: number, total: number) => void = () => {},
  ): Promise<Record<string, number>> {
    const { batchSize }: OfflineConfig = this.config;
    const batches = inOrder(data.items.length, batchSize);
    const metrics = new MetricTally();
    for (const [index, indices] of batches.entries()) {
      const { layout, units } = this.microBatch(data, indices);
      const outputs = await this.model.forward(layout.batch, { gradients: false, signal });
      const total = this.sizeOf(units);
      const prepared = this.prepare([{ units, outputs }]);
      const result = this.algorithm.step(this.config, { units, outputs, total, prepared });
      metrics.addMean('loss', result.loss * total, total);
      metrics.merge(result.metrics);
      onBatch(index + 1, batches.length);
    }
    return metrics.toRecord();
  }

  private microBatch({ items, refLogProbs }: JudgedItems, indices: readonly number[]): MicroBatch<UnitOf[K]> {
    const chosen = indices.flatMap((index) => items[index] ?? []);
    const layout = layOut(chosen, layoutFor[this.algorithm.reads]);
    const toUnits = unitBuilderOf(this.kind);
    const units = chosen.flatMap((item, position) => {
      const references = refLogProbs[indices[position] ?? -1];
      const answers = (layout.spans[position] ?? []).map((span, sequence) => ({
        ...span,
        refLogProb: references?.[sequence] ?? Number.NaN,
      }));
      return toUnits(item, answers);
    });
    return { layout, units };
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
      seen.push({ units, outputs: await this.model.forward(layout.batch, { gradients: false, signal }) });
    }
    return this.prepare(seen);
  }

  private countTokens(items: readonly Item[], indices: readonly number[]): number {
    // A thumb's second sequence, for the KL estimate, teaches nothing.
    const counted = this.kind === 'kto' ? 1 : Infinity;
    return indices
      .flatMap((index) => items[index]?.sequences.slice(0, counted) ?? [])
      .reduce((sum, { tokens }) => sum + tokens.length, 0);
  }

  private prepare(batches: readonly { units: UnitOf[K][]; outputs: ModelOutputs }[]): number {
    return this.algorithm.prepare?.(this.config, batches) ?? 0;
  }
}

/** Batches in the items' own order. */
export function inOrder(count: number, batchSize: number): number[][] {
  return Array.from({ length: Math.ceil(count / batchSize) }, (_, batch) =>
    Array.from(
      { length: Math.min(batchSize, count - batch * batchSize) },
      (_, index) => batch * batchSize + index,
    ),
  );
}
