/**
 * Scaled dot-product attention over rows in which nobody sees what lies behind.
 *
 * The mask would allow anything; that a query sees no later cell of its row is what makes half of the products with it needless. On a CPU
 * the queries are taken in blocks, each against the keys up to its own last one. A GPU is faster with one large product.
 */
import { maskedSoftmax, permute, reshape } from '../engine/ops/attention.js';
import { multiplyMatrices } from '../engine/ops/linear.js';
import { beginning, cut, join } from '../engine/ops/parts.js';
import type { Tape, Variable } from '../engine/tape.js';
import type { Tensor } from '../engine/tensor-pool.js';
import type { HyperParameters } from './hyper-parameters.js';

/** Shorter blocks would save less than their copies cost. */
const leastBlock = 128;
const mostBlocks = 4;

/** Queries up to a place in the row, from where the block before ends. */
export interface QueryBlock {
  end: number;
  /** Over the keys before `end`, [end, queries, 1, B]. */
  mask: Tensor;
}

/** @param mask  [T, T, 1, B] */
export function queryBlocks(
  tape: Tape,
  mask: Tensor,
  { rowLength: T, rowCount: B, isAsServed }: { rowLength: number; rowCount: number; isAsServed: boolean },
): QueryBlock[] {
  const wanted = tape.isCpu && !isAsServed ? Math.min(mostBlocks, Math.floor(T / leastBlock)) : 1;
  if (wanted < 2) return [{ end: T, mask }];
  const length = Math.ceil(T / wanted);
  const line = T * Float32Array.BYTES_PER_ELEMENT;
  return Array.from({ length: wanted }, (_, index) => {
    const begin = index * length;
    const end = Math.min(T, begin + length);
    const view = tape.ops.view_4d(mask, end, end - begin, 1, B, line, T * line, T * line, begin * line);
    return { end, mask: tape.ops.cont(view) };
  });
}

/**
 * @param projected   queries [K, H, N], keys and values [K, G, N], with N = T B
 * @param isAsServed  in llama.cpp's order, in one block: to the last bit its results where T is a multiple of 32, as its cache is
 * @returns [K, H, T, B]
 */
export function attend(
  tape: Tape,
  projected: { q: Variable; k: Variable; v: Variable },
  {
    hyper,
    rowLength: T,
    rowCount: B,
    blocks,
    isAsServed,
  }: {
    hyper: HyperParameters;
    rowLength: number;
    rowCount: number;
    blocks: readonly QueryBlock[];
    isAsServed: boolean;
  },
): Variable {
  const { headWidth: K, headCount: H, keyValueHeadCount: G, attentionScale: scale } = hyper;
  const perRow = (x: Variable, heads: number) => reshape(tape, x, [K, heads, T, B]);
  const queries = permute(tape, perRow(projected.q, H), [0, 2, 1, 3]); // [K, T, H, B]
  const keys = permute(tape, perRow(projected.k, G), [0, 2, 1, 3]); // [K, T, G, B]
  const values = permute(tape, perRow(projected.v, G), [1, 2, 0, 3]); // [T, K, G, B]

  const ends = blocks.map(({ end }) => end);
  const mixed = cut(tape, queries, 1, ends).map((asked, index) => {
    const { end, mask } = blocks[index]!;
    const length = end - (ends[index - 1] ?? 0);
    // The H / G queries that share a key lie side by side, so that grouped attention is plain attention over longer columns.
    const columns = reshape(tape, asked, [K, (length * H) / G, G, B]);
    const seen = beginning(tape, keys, 1, end);
    const affinities = isAsServed
      ? multiplyMatrices(tape, seen, columns, servedAffinities(tape, seen, perRow(projected.q, H), columns))
      : multiplyMatrices(tape, seen, columns);
    const weights = maskedSoftmax(tape, reshape(tape, affinities, [end, length, H, B]), { mask, scale });
    const grouped = reshape(tape, weights, [end, (length * H) / G, G, B]);
    return reshape(tape, multiplyMatrices(tape, beginning(tape, values, 0, end), grouped), [K, length, H, B]);
  });
  return permute(tape, join(tape, mixed, 1), [0, 2, 1, 3]);
}

/** llama.cpp leaves its queries where they were projected, and ggml sums such a product in another order. */
function servedAffinities(tape: Tape, keys: Variable, queries: Variable, columns: Variable): Tensor {
  const product = tape.ops.mul_mat(keys.tensor, tape.ops.permute(queries.tensor, 0, 2, 1, 3));
  const [, count, groups, rows] = tape.shapeOf(columns);
  return tape.ops.reshape_4d(product, tape.shapeOf(keys)[1], count, groups, rows);
}
