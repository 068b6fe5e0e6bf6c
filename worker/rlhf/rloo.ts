/**
 * REINFORCE leave-one-out: the other answers to the same prompt are the baseline, and the whole answer is one action.
 *
 * Kool et al. 2019, "Buy 4 REINFORCE samples, get a baseline for free!"; Ahmadian et al. 2024, arXiv:2402.14740, eq. 7. The KL is a price
 * inside the reward, as in the paper; the ratio of whole answers is clipped as in TRL, which matters from the second pass on.
 */
import type { RunConfigOf } from '../../common/contracts/runs.js';
import { addCotangent, logProbOf, type Algorithm, type SampledUnit } from './algorithm.js';
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

export const rloo: Algorithm<RunConfigOf<'rloo'>, SampledUnit> = {
  usesReference: ({ beta }) => beta > 0,
  reads: 'logProbs',
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
