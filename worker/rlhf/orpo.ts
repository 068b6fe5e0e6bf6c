/**
 * Odds-ratio preference optimisation: supervised fine-tuning on the chosen answer plus a penalty on the rejected one; no reference.
 *
 * Hong et al. 2024, arXiv:2403.07691, eq. 6 and 7. log p is the mean over an answer's tokens; odds(p) = p / (1 - p). TRL adds the
 * likelihood over prompt and answer; here, as in the paper's text, over the answer alone, each pair's mean counting once.
 */
import type { RunConfigOf } from '../../common/contracts/runs.js';
import { addCotangent, lengthOf, logProbOf, type Algorithm, type PairUnit } from './algorithm.js';
import { tallyPair } from './dpo.js';
import { MetricTally } from './metrics.js';
import { log1mExp, logSigmoid, sigmoid } from './scalar-functions.js';
import { tallyPairTokens } from './token-metrics.js';

/** Largest mean log-prob that still has finite odds. */
const CEILING = -1e-7;

/**
 * Loss of one pair.
 *
 * @param chosen    mean log-prob a token of the chosen answer, nats; < 0
 * @param rejected  the same of the rejected answer
 * @param lambda    weight of the odds ratio; > 0
 * @returns loss, its derivatives by both mean log-probs, and the log odds ratio
 * @source arXiv:2403.07691, eq. 6
 */
export function orpoLoss(
  chosen: number,
  rejected: number,
  lambda: number,
): { loss: number; byChosen: number; byRejected: number; logOddsRatio: number } {
  const [high, low] = [Math.min(chosen, CEILING), Math.min(rejected, CEILING)];
  const logOddsRatio = high - low - (log1mExp(high) - log1mExp(low));
  const byRatio = -lambda * sigmoid(-logOddsRatio);
  // d/dx (x - log(1 - e^x)) = 1 / (1 - e^x)
  return {
    loss: -chosen - lambda * logSigmoid(logOddsRatio),
    byChosen: -1 + byRatio / -Math.expm1(high),
    byRejected: -byRatio / -Math.expm1(low),
    logOddsRatio,
  };
}

export const orpo: Algorithm<RunConfigOf<'orpo'>, PairUnit> = {
  usesReference: () => false,
  reads: 'logProbs',
  sizeOf: () => 1,
  step({ lambda }, { units, outputs, total }) {
    const logProbCotangents = new Float32Array(outputs.logProbs.length);
    const metrics = new MetricTally();
    let loss = 0;
    for (const { chosen, rejected } of units) {
      const chosenMean = logProbOf(outputs, chosen) / lengthOf(chosen);
      const rejectedMean = logProbOf(outputs, rejected) / lengthOf(rejected);
      const pair = orpoLoss(chosenMean, rejectedMean, lambda);
      loss += pair.loss / total;
      addCotangent(logProbCotangents, chosen, pair.byChosen / lengthOf(chosen) / total);
      addCotangent(logProbCotangents, rejected, pair.byRejected / lengthOf(rejected) / total);
      tallyPair(metrics, {
        chosen: lambda * chosenMean,
        rejected: lambda * rejectedMean,
        chosenLogProb: chosenMean,
        rejectedLogProb: rejectedMean,
      });
      metrics.addMean('log_odds_ratio', logSigmoid(pair.logOddsRatio));
      metrics.addMean('log_odds_chosen', pair.logOddsRatio);
      metrics.addMean('nll_loss', -chosenMean);
    }
    tallyPairTokens(metrics, outputs, units);
    return { loss, logProbCotangents, metrics };
  },
};
