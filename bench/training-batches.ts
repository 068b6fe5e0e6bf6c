/** The two steps that are measured: plain rows, and pairs of answers behind one long prompt. */
import type { TokenBatch } from '../worker/nn/batch.js';

export interface TrainingBatch {
  batch: TokenBatch;
  /** Tokens that a trainer without shared prompts would compute for the same examples. */
  plainTokenCount: number;
}

/** Full rows, every token but the first a target. */
export function plainRows(rowCount: number, rowLength: number, vocabularySize: number): TrainingBatch {
  const rows = Array.from({ length: rowCount }, () => [{ length: rowLength, parent: -1 }]);
  const batch = layOut(rows, { vocabularySize, isTarget: (_, place) => place > 0 });
  return { batch, plainTokenCount: rowCount * rowLength };
}

/** Pairs: the prompt once, both answers behind it, the answers' tokens the targets. */
export function sharedPairs(
  pairCount: number,
  { prompt, answer }: { prompt: number; answer: number },
  vocabularySize: number,
): TrainingBatch {
  const segments = [
    { length: prompt, parent: -1 },
    { length: answer, parent: 0 },
    { length: answer, parent: 0 },
  ];
  const rows = Array.from({ length: pairCount }, () => segments);
  return {
    batch: layOut(rows, { vocabularySize, isTarget: (segment) => segment > 0 }),
    plainTokenCount: pairCount * 2 * (prompt + answer),
  };
}

interface Segment {
  length: number;
  parent: number;
}

function layOut(
  rows: readonly (readonly Segment[])[],
  {
    vocabularySize,
    isTarget,
  }: { vocabularySize: number; isTarget: (segment: number, place: number) => boolean },
): TokenBatch {
  const rowLength = Math.max(...rows.map((row) => row.reduce((sum, { length }) => sum + length, 0)));
  const size = rows.length * rowLength;
  const [tokens, positions, segments] = [
    new Int32Array(size),
    new Int32Array(size),
    new Int32Array(size).fill(-1),
  ];
  const targets: [number, number][] = [];
  rows.forEach((row, b) => {
    let at = b * rowLength;
    row.forEach(({ length, parent }, segment) => {
      const before = parent < 0 ? 0 : row[parent]!.length;
      for (let place = 0; place < length; place++, at++) {
        const token = (at * 7919 + 13) % vocabularySize;
        tokens[at] = token;
        positions[at] = before + place;
        segments[at] = segment;
        const predictor = place > 0 ? at - 1 : b * rowLength + before - 1;
        if (isTarget(segment, place)) targets.push([predictor, token]);
      }
    });
  });
  return {
    rowCount: rows.length,
    rowLength,
    tokens,
    positions,
    segments,
    segmentParents: rows.map((row) => Int32Array.from(row, ({ parent }) => parent)),
    targets: {
      rows: Int32Array.from(targets, ([row]) => row),
      tokens: Int32Array.from(targets, ([, token]) => token),
    },
    scored: new Int32Array(),
  };
}
