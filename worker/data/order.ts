/** Which examples make up which batch: decided by seed and epoch alone, so that a run can go on from any step. */
import { shuffled } from './shuffled.js';

/** Batches among which examples of like length are looked for. */
const GROUPED_BATCHES = 50;

export interface OrderOptions {
  batchSize: number;
  shuffle: boolean;
  groupByLength: boolean;
  seed: number;
}

/**
 * The batches of one epoch.
 *
 * @param lengths  of all examples, tokens
 * @param epoch    from 0
 * @returns batches of example indices; every example once, the last batch possibly smaller
 */
export function epochBatches(
  lengths: readonly number[],
  epoch: number,
  { batchSize, shuffle, groupByLength, seed }: OrderOptions,
): number[][] {
  const indices = lengths.map((_, index) => index);
  const order = shuffle ? shuffled(indices, epochSeed(seed, epoch)) : indices;
  if (!groupByLength) return chunked(order, batchSize);
  const batches = chunked(order, batchSize * GROUPED_BATCHES).flatMap((group) =>
    chunked(
      [...group].sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0)),
      batchSize,
    ),
  );
  return shuffle ? shuffled(batches, epochSeed(seed, epoch) ^ 0x5bd1e995) : batches;
}

/** Pieces of `size`, the last possibly smaller. */
export function chunked<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}

function epochSeed(seed: number, epoch: number): number {
  return (Math.imul(seed, 0x9e3779b1) + epoch) >>> 0;
}
