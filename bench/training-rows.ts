/** The rows that every trainer is measured with, as our items and as the columns that TRL reads. */
import type { Item, Sequence } from '../worker/data/tokenise.js';

export interface TrainingRows {
  items: Item[];
  /** The same ids under TRL's column names. */
  columns: Record<string, number[]>[];
  /** Tokens of all sequences, a prompt once for each of its answers: what a trainer without shared prompts computes. */
  tokenCount: number;
}

/** Texts whose every token but the first is learnt. */
export function plainTexts(rows: number, length: number, vocabularySize: number): TrainingRows {
  const texts = Array.from({ length: rows }, (_, row) => makeIds(row, length, vocabularySize));
  return {
    items: texts.map((ids, index) => toItem(index, [toSequence(ids, 1)])),
    columns: texts.map((ids) => ({ input_ids: ids, labels: ids })),
    tokenCount: rows * length,
  };
}

/** Pairs of answers to one prompt. */
export function promptedPairs(
  pairs: number,
  { prompt, answer }: { prompt: number; answer: number },
  vocabularySize: number,
): TrainingRows {
  const rows = Array.from({ length: pairs }, (_, row) => {
    const ids = makeIds(row, prompt + 2 * answer, vocabularySize);
    return {
      prompt: ids.slice(0, prompt),
      chosen: ids.slice(prompt, prompt + answer),
      rejected: ids.slice(prompt + answer),
    };
  });
  return {
    items: rows.map(({ prompt: before, chosen, rejected }, index) =>
      toItem(
        index,
        [chosen, rejected].map((ids) => toSequence([...before, ...ids], prompt)),
      ),
    ),
    columns: rows.map(({ prompt: before, chosen, rejected }) => ({
      prompt_ids: before,
      chosen_ids: chosen,
      rejected_ids: rejected,
    })),
    tokenCount: 2 * pairs * (prompt + answer),
  };
}

/** Ids that a generator without state scatters over the vocabulary. */
const makeIds = (row: number, length: number, vocabularySize: number) =>
  Array.from({ length }, (_, place) => ((row * length + place) * 7919 + 13) % vocabularySize);

const toItem = (index: number, sequences: Sequence[]): Item => ({
  line: index + 1,
  sequences,
  margins: [],
  desirable: true,
});

function toSequence(ids: readonly number[], firstTarget: number): Sequence {
  return {
    tokens: Int32Array.from(ids),
    targets: Int32Array.from({ length: ids.length - firstTarget }, (_, index) => firstTarget + index),
  };
}
