/** Plain numbers in the place of a model, for algorithms that never see a tensor. */
import type { Answer, ModelOutputs } from '../../worker/rlhf/algorithm.js';

/** Deterministic values in (0, 1), unrelated to each other. */
export function pseudoRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

/** Answers of the given lengths, one after the other, each with a scored position and a reference log-prob near its own; scores enough for a value head too. */
export function buildOutputs(
  lengths: readonly number[],
  seed = 1,
): { outputs: ModelOutputs; answers: Answer[] } {
  const random = pseudoRandom(seed);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const outputs: ModelOutputs = {
    logProbs: Float32Array.from({ length: total }, () => -0.05 - 2 * random()),
    entropies: Float32Array.from({ length: total }, () => random()),
    correct: Uint8Array.from({ length: total }, () => (random() > 0.5 ? 1 : 0)),
    scores: Float32Array.from({ length: total }, () => 2 * random() - 1),
  };
  let start = 0;
  const answers = lengths.map((length, scored) => {
    const end = start + length;
    const sum = outputs.logProbs.subarray(start, end).reduce((a, b) => a + b, 0);
    const answer = { start, end, scored, refLogProb: sum + random() - 0.5 };
    start = end;
    return answer;
  });
  return { outputs, answers };
}
