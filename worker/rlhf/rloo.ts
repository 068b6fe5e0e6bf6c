/**
 * REINFORCE leave-one-out: the other answers to the same prompt are the baseline, and the whole answer is one action.
 *
 * Kool et al. 2019, "Buy 4 REINFORCE samples, get a baseline for free!"; Ahmadian et al. 2024, arXiv:2402.14740, eq. 7. The KL is a price
 * inside the reward, as in the paper; the ratio of whole answers is clipped as in TRL, which matters from the second pass on.
 */
import type { RunConfigOf } from '../../common/contracts/runs.js';
import {
  addCotangent,
  logProbOf,
  type JudgedAnswer,
  type Lesson,
  type OnlineAlgorithm,
} from './algorithm.js';
import { answerKl, toGroupLessons } from './group-lessons.js';
import { MetricTally } from './metrics.js';
import { ppoPolicyLoss } from './ppo.js';
import { mean } from './scalar-functions.js';
import { tallyEntropy } from './token-metrics.js';

/**
 * Advantages of one group: each reward less the mean of the others.
 *
 * @param rewards  [G]; G >= 2; the price of the KL taken off already
 * @returns [G]; their sum is 0
 * @source arXiv:2402.14740, eq. 7
 */
export function leaveOneOutAdvantages(rewards: readonly number[]): number[] {
  const sum = rewards.reduce((total, reward) => total + reward, 0);
  return rewards.map((reward) => reward - (sum - reward) / (rewards.length - 1));
}

export const rloo: OnlineAlgorithm<RunConfigOf<'rloo'>> = {
  usesReference: ({ beta }) => beta > 0,
  reads: 'logProbs',
  corrects: 'answer',
  weigh({ beta, normaliseAdvantages, overlongFiltering }, groups) {
    const priceOf = (answer: JudgedAnswer) => (beta > 0 ? beta * answerKl(answer) : 0);
    const options = { overlongFiltering, advantagesOf: leaveOneOutAdvantages, priceOf };
    const lessons = toGroupLessons(groups, options);
    return { lessons: normaliseAdvantages ? normalised(lessons) : lessons, metrics: {}, carried: {} };
  },
  sizeOf: () => 1,
  step({ clip }, { units, outputs, total }) {
    const logProbCotangents = new Float32Array(outputs.logProbs.length);
    const metrics = new MetricTally();
    let loss = 0;
    for (const { answer, oldLogProbs, advantages, importance } of units) {
      const logProb = logProbOf(outputs, answer);
      const oldLogProb = oldLogProbs.reduce((sum, value) => sum + value, 0);
      const result = ppoPolicyLoss({ logProb, oldLogProb, advantage: mean(advantages) }, clip);
      // An answer is one action: its weight is the product of its tokens', which the rollout has truncated.
      const weight = (importance[0] ?? 1) / total;
      loss += weight * result.loss;
      addCotangent(logProbCotangents, answer, weight * result.byLogProb);
      metrics.addMean('clip_ratio/region_mean', result.clipped ? 1 : 0);
    }
    tallyEntropy(
      metrics,
      outputs,
      units.map(({ answer }) => answer),
    );
    return { loss, logProbCotangents, metrics };
  },
};

/** To mean 0 and deviation 1 over the step's answers; Bessel's correction and 1e-4 as in TRL. */
function normalised(lessons: readonly (readonly (Lesson | null)[])[]): (Lesson | null)[][] {
  const all = lessons.flat().flatMap((lesson) => (lesson ? [lesson.advantages[0] ?? 0] : []));
  const centre = mean(all);
  const squares = all.reduce((sum, advantage) => sum + (advantage - centre) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(1, all.length - 1)) + 1e-4;
  const scaled = ({ advantages, returns }: Lesson) => ({
    advantages: advantages.map((advantage) => (advantage - centre) / deviation),
    returns,
  });
  return lessons.map((group) => group.map((lesson) => lesson && scaled(lesson)));
}
