/** Packs examples into rows; none of them sees its neighbours. */
import type { TokenBatch } from '../../worker/nn/batch.js';
import type { Example } from './examples.js';

export interface PackedBatch {
  batch: TokenBatch;
  /** Targets that count; those behind them only fill the batch up to its fixed size. */
  targetCount: number;
}

interface Row {
  examples: Example[];
  length: number;
}

/** A batch is full when so many examples in a row found no room. */
const patience = 16;

/**
 * Fills `rowCount` rows of `rowLength` tokens.
 *
 * @param draw         gives the next example; one that is longer than a row is left out
 * @param targetLimit  M of every batch, so that all batches share one graph; further targets are dropped
 */
export function packBatch(
  draw: () => Example,
  { rowCount, rowLength, targetLimit }: { rowCount: number; rowLength: number; targetLimit: number },
): PackedBatch {
  const rows: Row[] = Array.from({ length: rowCount }, () => ({ examples: [], length: 0 }));
  for (let misses = 0; misses < patience;) {
    const example = draw();
    const row = rows.find(({ length }) => length + example.tokens.length <= rowLength);
    if (!row) {
      misses += 1;
      continue;
    }
    row.examples.push(example);
    row.length += example.tokens.length;
  }
  return layOut(rows, rowLength, targetLimit);
}

function layOut(rows: readonly Row[], rowLength: number, targetLimit: number): PackedBatch {
  const size = rows.length * rowLength;
  const tokens = new Int32Array(size);
  const positions = new Int32Array(size);
  const segments = new Int32Array(size).fill(-1);
  const found: { row: number; token: number }[] = [];
  rows.forEach((row, rowIndex) => {
    let at = rowIndex * rowLength;
    row.examples.forEach((example, segment) => {
      example.tokens.forEach((token, position) => {
        tokens[at] = token;
        positions[at] = position;
        segments[at] = segment;
        if (example.targets[position]) found.push({ row: at - 1, token });
        at += 1;
      });
    });
  });
  const targetCount = Math.min(found.length, targetLimit);
  const targets = { rows: new Int32Array(targetLimit), tokens: new Int32Array(targetLimit) };
  found.slice(0, targetCount).forEach(({ row, token }, index) => {
    targets.rows[index] = row;
    targets.tokens[index] = token;
  });
  const batch: TokenBatch = {
    rowCount: rows.length,
    rowLength,
    tokens,
    positions,
    segments,
    segmentParents: rows.map((row) => new Int32Array(row.examples.length).fill(-1)),
    targets,
    scored: new Int32Array(),
  };
  return { batch, targetCount };
}
