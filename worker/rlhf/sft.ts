/**
 * Supervised fine-tuning: raise the likelihood of the answers people wrote or corrected.
 *
 * Ouyang et al. 2022 (InstructGPT), arXiv:2203.02155, section 3.5. The loss is the mean over the step's answer tokens (not the mean of
 * answers' means), so long answers weigh more, as in TRL; the prompt is no target.
 */
import type { RunConfigOf } from '../../common/contracts/runs.js';
import { addCotangent, lengthOf, logProbOf, type Algorithm, type TextUnit } from './algorithm.js';
import { MetricTally } from './metrics.js';
import { tallyEntropy, tallyTokenAccuracy } from './token-metrics.js';

/**
 * Mean negative log-likelihood of a step's target tokens.
 *
 * @param logProbs  summed log-prob of each answer, [B], nats
 * @param total     target tokens in the whole optimiser step; > 0
 * @returns the answers' share of the loss, nats a token, and its derivative by every token's log-prob
 * @source arXiv:2203.02155, section 3.5
 */
export function likelihoodLoss(
  logProbs: readonly number[],
  total: number,
): { loss: number; byLogProb: number } {
  return { loss: -logProbs.reduce((sum, logProb) => sum + logProb, 0) / total, byLogProb: -1 / total };
}

export const sft: Algorithm<RunConfigOf<'sft'>, TextUnit> = likelihoodAlgorithm();

/** The whole step of a run that imitates text; pretraining is the same over other targets. */
export function likelihoodAlgorithm<Config>(): Algorithm<Config, TextUnit> {
  return {
    usesReference: () => false,
    reads: 'logProbs',
    sizeOf: ({ answer }) => lengthOf(answer),
    step(_config, { units, outputs, total }) {
      const answers = units.map(({ answer }) => answer);
      const { loss, byLogProb } = likelihoodLoss(
        answers.map((answer) => logProbOf(outputs, answer)),
        total,
      );
      const logProbCotangents = new Float32Array(outputs.logProbs.length);
      for (const answer of answers) addCotangent(logProbCotangents, answer, byLogProb);
      const metrics = new MetricTally();
      tallyEntropy(metrics, outputs, answers);
      tallyTokenAccuracy(metrics, outputs, answers);
      return { loss, logProbCotangents, metrics };
    },
  };
}
