/**
 * Simple preference optimisation: DPO with the length-averaged log-prob itself as the reward, and a margin; no reference.
 *
 * Meng et al. 2024, arXiv:2405.14734, eq. 6.
 */
import type { RunConfigOf } from '../../common/contracts/runs.js';
import { addCotangent, lengthOf, logProbOf, type Algorithm, type PairUnit } from './algorithm.js';
import { tallyPair } from './dpo.js';
import { MetricTally } from './metrics.js';
import { logSigmoid, sigmoid } from './scalar-functions.js';
import { tallyPairTokens } from './token-metrics.js';

type SimpoOptions = Pick<RunConfigOf<'simpo'>, 'beta' | 'gamma' | 'labelSmoothing'>;

/**
 * Loss of one pair.
 *
 * @param chosen    mean log-prob a token of the chosen answer, nats
 * @param rejected  the same of the rejected answer
 * @returns loss and its derivatives by both mean log-probs
 * @source arXiv:2405.14734, eq. 6
 */
export function simpoLoss(
  chosen: number,
  rejected: number,
  { beta, gamma, labelSmoothing: e }: SimpoOptions,
): { loss: number; byChosen: number; byRejected: number } {
  const lead = beta * (chosen - rejected) - gamma;
  const byLead = -(1 - e) * sigmoid(-lead) + e * sigmoid(lead);
  return {
    loss: -(1 - e) * logSigmoid(lead) - e * logSigmoid(-lead),
    byChosen: beta * byLead,
    byRejected: -beta * byLead,
  };
}

export const simpo: Algorithm<RunConfigOf<'simpo'>, PairUnit> = {
  usesReference: () => false,
  reads: 'logProbs',
  sizeOf: () => 1,
  step(config, { units, outputs, total }) {
    const logProbCotangents = new Float32Array(outputs.logProbs.length);
    const metrics = new MetricTally();
    let loss = 0;
    for (const { chosen, rejected } of units) {
      const chosenMean = logProbOf(outputs, chosen) / lengthOf(chosen);
      const rejectedMean = logProbOf(outputs, rejected) / lengthOf(rejected);
      const pair = simpoLoss(chosenMean, rejectedMean, config);
      loss += pair.loss / total;
      addCotangent(logProbCotangents, chosen, pair.byChosen / lengthOf(chosen) / total);
      addCotangent(logProbCotangents, rejected, pair.byRejected / lengthOf(rejected) / total);
      tallyPair(metrics, {
        chosen: config.beta * chosenMean,
        rejected: config.beta * rejectedMean,
        chosenLogProb: chosenMean,
        rejectedLogProb: rejectedMean,
      });
    }
    tallyPairTokens(metrics, outputs, units);
    return { loss, logProbCotangents, metrics };
  },
};
