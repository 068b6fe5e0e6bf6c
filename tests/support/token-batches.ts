/** Batches for tests: plain rows, and the same answers behind a shared prompt. */
import type { TokenBatch } from '../../worker/nn/batch.js';

/** Rows of tokens, each predicting all but its first; padded to the longest, or to `rowLength`. */
export function plainBatch(rows: readonly (readonly number[])[], rowLength?: number): TokenBatch {
  const length = rowLength ?? Math.max(...rows.map((row) => row.length));
  const size = rows.length * length;
  const batch = {
    rowCount: rows.length,
    rowLength: length,
    tokens: new Int32Array(size),
    positions: new Int32Array(size),
    segments: new Int32Array(size).fill(-1),
    segmentParents: rows.map(() => Int32Array.of(-1)),
  };
  const targets: [number, number][] = [];
  rows.forEach((row, b) => {
    row.forEach((token, t) => {
      const at = b * length + t;
      batch.tokens[at] = token;
      batch.positions[at] = t;
      batch.segments[at] = 0;
      if (t > 0) targets.push([at - 1, token]);
    });
  });
  return { ...batch, targets: toTargets(targets), scored: new Int32Array() };
}

/** One row: a prompt, and answers that see it and themselves only; the answers' tokens are the targets. */
export function sharedBatch(prompt: readonly number[], answers: readonly (readonly number[])[]): TokenBatch {
  const tokens = [...prompt, ...answers.flat()];
  const positions = [
    ...prompt.map((_, t) => t),
    ...answers.flatMap((answer) => answer.map((_, t) => prompt.length + t)),
  ];
  const segments = [...prompt.map(() => 0), ...answers.flatMap((answer, i) => answer.map(() => i + 1))];
  const targets: [number, number][] = [];
  let start = prompt.length;
  for (const answer of answers) {
    answer.forEach((token, t) => targets.push([t === 0 ? prompt.length - 1 : start + t - 1, token]));
    start += answer.length;
  }
  return {
    rowCount: 1,
    rowLength: tokens.length,
    tokens: Int32Array.from(tokens),
    positions: Int32Array.from(positions),
    segments: Int32Array.from(segments),
    segmentParents: [Int32Array.from([-1, ...answers.map(() => 0)])],
    targets: toTargets(targets),
    scored: new Int32Array(),
  };
}

function toTargets(pairs: readonly [number, number][]): TokenBatch['targets'] {
  return {
    rows: Int32Array.from(pairs, ([row]) => row),
    tokens: Int32Array.from(pairs, ([, token]) => token),
  };
}

/** Some byte tokens that depend on the seed. */
export function someTokens(count: number, seed = 1): number[] {
  return Array.from({ length: count }, (_, i) => (i * 37 + seed * 101 + ((i * i * seed) % 19)) % 256);
}
