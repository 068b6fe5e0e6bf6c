/**
 * What the trainer says of sampled answers, before any update: the policy's log-probs and values, and the log-probs of the frozen reference,
 * which is the base, or the adapter that the run went on from.
 */
import type { NamedTensor, TrainableModel } from '../nn/trainable-model.js';
import type { ReadOutputs } from '../rlhf/algorithm.js';
import { toAnswerBatches, type Group } from './rollout.js';

export interface ViewOptions {
  temperature: number;
  reads: ReadOutputs;
  /** Groups computed together. */
  batchSize: number;
  signal: AbortSignal;
}

/** Vectors [T] over an answer's tokens, nats. */
export interface ViewedAnswer {
  logProbs: Float32Array;
  refLogProbs: Float32Array;
  /** Empty without a value head. */
  values: Float32Array;
}

type Sampled = Pick<Group, 'prompt' | 'answers'>;
type Read = Pick<ViewedAnswer, 'logProbs' | 'values'>;

export class PolicyView {
  /** @param start  weights of the adapter that the run went on from; null for the base */
  constructor(
    private readonly model: TrainableModel,
    private readonly start: readonly NamedTensor[] | null,
  ) {}

  /** @returns `[group][answer]` */
  async view(groups: readonly Sampled[], options: ViewOptions): Promise<ViewedAnswer[][]> {
    const policy = await this.#read(groups, options, 1);
    const reference = await this.#readReference(groups, options);
    return policy.map((row, group) =>
      row.map((answer, place) => ({
        ...answer,
        refLogProbs: reference[group]?.[place]?.logProbs ?? new Float32Array(),
      })),
    );
  }

  async #readReference(groups: readonly Sampled[], options: ViewOptions): Promise<Read[][]> {
    const reads = 'logProbs';
    if (!this.start) return this.#read(groups, { ...options, reads }, 0);
    const current = this.model.exportParameters();
    this.model.importParameters(this.start);
    try {
      return await this.#read(groups, { ...options, reads }, 1);
    } finally {
      this.model.importParameters(current);
    }
  }

  async #read(
    groups: readonly Sampled[],
    { temperature, reads, batchSize, signal }: ViewOptions,
    adapterScale: 0 | 1,
  ): Promise<Read[][]> {
    const rows: Read[][] = groups.map(() => []);
    for (const { layout, places } of toAnswerBatches(groups, { reads, size: batchSize })) {
      const options = { gradients: false, adapterScale, temperature, signal };
      const { logProbs, scores } = await this.model.forward(layout.batch, options);
      for (const { group, answer, span } of places) {
        const { start, end, scored } = span;
        const values =
          reads === 'logProbsAndValues' ? scores.slice(scored, scored + end - start) : new Float32Array();
        const row = rows[group];
        if (row) row[answer] = { logProbs: logProbs.slice(start, end), values };
      }
    }
    return rows;
  }
}
