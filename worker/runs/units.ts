/** From the rows of a file to the units that a kind of run learns from, batch by batch. */
import type { OfflineKind } from '../../common/contracts/runs.js';
import { layOut, layoutFor } from '../data/layout.js';
import type { Item } from '../data/tokenise.js';
import type { Answer, PairUnit, TextUnit, UnitOf } from '../rlhf/algorithm.js';
import { algorithms } from '../rlhf/index.js';
import type { JudgedItems } from './judged-items.js';
import type { MicroBatch } from './trainer.js';

type UnitBuilder<K extends OfflineKind> = (item: Item, answers: readonly Answer[]) => UnitOf[K][];

/** Packed items hold several texts. */
const texts = (_item: Item, answers: readonly Answer[]): TextUnit[] => answers.map((answer) => ({ answer }));

const pair = (_item: Item, [chosen, rejected]: readonly Answer[]): PairUnit[] =>
  chosen && rejected ? [{ chosen, rejected }] : [];

const unitBuilders: { [K in OfflineKind]: UnitBuilder<K> } = {
  sft: texts,
  pretrain: texts,
  reward: ({ margins }, answers) => [{ answers, margins }],
  dpo: pair,
  orpo: pair,
  simpo: pair,
  kto: ({ desirable }, [answer, mismatched]) =>
    answer && mismatched ? [{ answer, mismatched, desirable }] : [],
};

/** @param indices  of the items that are computed together */
export function toMicroBatch<K extends OfflineKind>(
  kind: K,
  { items, refLogProbs }: JudgedItems,
  indices: readonly number[],
): MicroBatch<UnitOf[K]> {
  const chosen = indices.flatMap((index) => items[index] ?? []);
  const layout = layOut(chosen, layoutFor[algorithms[kind].reads]);
  const toUnits: UnitBuilder<K> = unitBuilders[kind];
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

/** The same batch after batch, laid out when it is asked for. */
export function* toMicroBatches<K extends OfflineKind>(
  kind: K,
  data: JudgedItems,
  batches: readonly (readonly number[])[],
): Generator<MicroBatch<UnitOf[K]>> {
  for (const indices of batches) yield toMicroBatch(kind, data, indices);
}

/** Tokens of all sequences, as TRL counts them: a shared prompt once for each of its answers. */
export function countTokens(kind: OfflineKind, items: readonly Item[], indices: readonly number[]): number {
  // A thumb's second sequence, for the KL estimate, teaches nothing.
  const counted = kind === 'kto' ? 1 : Infinity;
  return indices
    .flatMap((index) => items[index]?.sequences.slice(0, counted) ?? [])
    .reduce((sum, { tokens }) => sum + tokens.length, 0);
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
