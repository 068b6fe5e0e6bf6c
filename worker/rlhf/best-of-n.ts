/**
 * Best-of-N distillation: sample N answers, keep the best by reward, imitate them.
 *
 * Stiennon et al. 2020, arXiv:2009.01325, section 4.3 (best of N as a policy), and Dong et al. 2023 (RAFT), arXiv:2304.06767, algorithm 1
 * (imitating it, round by round). No ratio, no reference and no clip: the simple baseline that the others have to beat.
 */
import type { RunConfigOf } from '../../common/contracts/runs.js';
import type { OnlineAlgorithm } from './algorithm.js';
import { likelihoodAlgorithm } from './sft.js';

/**
 * Which answers of one group are imitated.
 *
 * @param rewards  [G]; null for an answer that could not be scored
 * @param count    how many, at most
 * @returns indices, the best first and the earlier of equals; none where all that were scored are equal, since none is better then
 */
export function bestAnswers(rewards: readonly (number | null)[], count: number): number[] {
  const scored = rewards.flatMap((reward, index) => (reward === null ? [] : [{ reward, index }]));
  const [first] = scored;
  if (!first || scored.every(({ reward }) => reward === first.reward)) return [];
  return [...scored]
    .sort((a, b) => b.reward - a.reward)
    .slice(0, count)
    .map(({ index }) => index);
}

export const bestOfN: OnlineAlgorithm<RunConfigOf<'best_of_n'>> = {
  ...likelihoodAlgorithm<RunConfigOf<'best_of_n'>>(),
  corrects: 'token',
  weigh({ keptAnswers }, groups) {
    const lessons = groups.map((group) => {
      const rewards = group.map(({ reward }) => reward);
      const best = new Set(bestAnswers(rewards, keptAnswers));
      return group.map(({ logProbs }, index) =>
        best.has(index)
          ? { advantages: new Float32Array(logProbs.length).fill(1), returns: new Float32Array() }
          : null,
      );
    });
    return { lessons, metrics: {}, carried: {} };
  },
};
