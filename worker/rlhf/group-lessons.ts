/** From the rewards of a group of answers to what each of them teaches, for the algorithms whose baseline is the group. */
import type { JudgedAnswer, Lesson } from './algorithm.js';

export interface GroupLessonOptions {
  /** An answer that was cut off teaches nothing. */
  overlongFiltering: boolean;
  /** Advantages of the answers that have a reward, [n], n >= 2. */
  advantagesOf(rewards: readonly number[]): readonly number[];
  /** What an answer's reward is reduced by. Default nothing. */
  priceOf?(answer: JudgedAnswer): number;
}

/**
 * One advantage an answer, the same for all of its tokens; 0 for an answer without a reward, and for one that has no other to be compared
 * with.
 */
export function toGroupLessons(
  groups: readonly (readonly JudgedAnswer[])[],
  { overlongFiltering, advantagesOf, priceOf = () => 0 }: GroupLessonOptions,
): (Lesson | null)[][] {
  return groups.map((group) => {
    const scored = group.flatMap((answer) =>
      answer.reward === null ? [] : [answer.reward - priceOf(answer)],
    );
    const advantages = scored.length > 1 ? advantagesOf(scored) : [];
    let next = 0;
    return group.map(({ reward, ended, logProbs }) => {
      const advantage = reward === null ? 0 : (advantages[next++] ?? 0);
      if (overlongFiltering && !ended) return null;
      return { advantages: new Float32Array(logProbs.length).fill(advantage), returns: new Float32Array() };
    });
  });
}

/** Rewards of all answers that have one. */
export const scoredRewards = (groups: readonly (readonly JudgedAnswer[])[]): number[] =>
  groups.flat().flatMap(({ reward }) => (reward === null ? [] : [reward]));

/** Summed difference of two vectors of log-probs: the k1 estimate of an answer's KL. */
export function answerKl({ logProbs, refLogProbs }: Pick<JudgedAnswer, 'logProbs' | 'refLogProbs'>): number {
  return logProbs.reduce((sum, logProb, index) => sum + logProb - (refLogProbs[index] ?? Number.NaN), 0);
}
