/** From examples to the items that one kind of run learns from and is judged by. */
import type { OfflineConfig } from '../../common/contracts/runs.js';
import { chunked } from './order.js';
import { packIntoBins } from './packing.js';
import type { Example } from '../../common/data/rows.js';
import { shuffled } from './shuffled.js';
import {
  tokeniseExamples,
  type Item,
  type Sequence,
  type TextEncoding,
  type TokeniseReport,
} from './tokenise.js';

export interface PreparedData {
  items: Item[];
  report: TokeniseReport;
}

/**
 * @param contextLength  what the model can read, tokens
 * @throws AppError `DATA_ANSWER_TOO_LONG`
 */
export function prepareItems(
  examples: readonly Example[],
  encoding: TextEncoding,
  config: OfflineConfig,
  contextLength: number,
): PreparedData {
  const limit = Math.min(config.maxLength, contextLength);
  const options = {
    maxLength: config.maxLength,
    contextLength,
    tooLong: config.tooLong,
    distinctAnswers: true,
  };
  switch (config.kind) {
    case 'kto':
      return tokeniseExamples(withMismatched(examples, config), encoding, {
        ...options,
        distinctAnswers: false,
      });
    case 'pretrain': {
      // Documents are never cut: what does not fit one piece goes on in the next.
      const whole = { ...options, maxLength: Infinity, contextLength: Infinity };
      const { items, report } = tokeniseExamples(examples, encoding, whole);
      const pieces = items.flatMap((item) => inPieces(item, limit));
      return { items: packed(pieces, limit), report };
    }
    case 'sft': {
      const prepared = tokeniseExamples(examples, encoding, options);
      return config.packing ? { ...prepared, items: packed(prepared.items, limit) } : prepared;
    }
    default:
      return tokeniseExamples(examples, encoding, options);
  }
}

/**
 * Gives every thumb the answer of another prompt as well, for KTO's KL estimate. As in TRL, answers move one place on within a batch; the
 * batches are those of the data's order (shuffled once), so that the reference log-probs of the mismatched answers can be kept.
 */
function withMismatched(
  examples: readonly Example[],
  { batchSize, shuffle, seed }: Pick<OfflineConfig, 'batchSize' | 'shuffle' | 'seed'>,
): Example[] {
  const order = shuffle ? shuffled(examples, seed) : examples;
  return chunked(order, batchSize).flatMap((batch) =>
    batch.map((example, index) => {
      const own = example.answers[0] ?? '';
      const others = [...batch.slice(0, index).reverse(), ...batch.slice(index).reverse()];
      const other = others.find(({ answers }) => typeof answers[0] === typeof own)?.answers[0] ?? own;
      return { ...example, answers: [own, other] };
    }),
  );
}

/** Pieces of at most `limit` tokens; each begins with the last token of the one before, which predicts its first target. */
function inPieces(item: Item, limit: number): Item[] {
  const pieces: Item[] = [];
  for (const { tokens } of item.sequences) {
    for (let start = 0; start < tokens.length - 1; start += limit - 1) {
      const part = tokens.slice(start, start + limit);
      const targets = Int32Array.from({ length: part.length - 1 }, (_, index) => index + 1);
      pieces.push({ ...item, sequences: [{ tokens: part, targets }] });
    }
  }
  return pieces;
}

/** Items of several sequences each, none longer in all than `limit`; the batch's layout keeps the sequences apart. */
function packed(items: readonly Item[], limit: number): Item[] {
  const sizes = items.map(({ sequences }) => sizeOf(sequences));
  return packIntoBins(sizes, limit).map((members) => {
    const chosen = members.flatMap((index) => items[index] ?? []);
    return {
      line: chosen[0]?.line ?? 0,
      sequences: chosen.flatMap(({ sequences }) => sequences),
      margins: [],
      desirable: true,
    };
  });
}

function sizeOf(sequences: readonly Sequence[]): number {
  return sequences.reduce((sum, { tokens }) => sum + tokens.length, 0);
}
