/**
 * Direct preference optimisation: learn from a choice between two answers without a reward model.
 *
 * Rafailov et al. 2023, arXiv:2305.18290. The policy's log-ratio to the frozen reference is itself the reward; the loss asks that the
 * chosen answer's be higher. The variants of the family are in `dpo-losses.ts`. Rewards in the metrics are beta (log pi - log ref).
 */
import type { RunConfigOf } from '../../common/contracts/runs.js';
import { addCotangent, lengthOf, logProbOf, type Algorithm, type PairUnit } from './algorithm.js';
import { dpoLosses, type DpoLossOptions, type DpoLossType } from './dpo-losses.js';
import { MetricTally } from './metrics.js';
import { tallyPairTokens } from './token-metrics.js';

/** Log-probs of both answers of B pairs: two vectors [B], nats, summed over answer tokens. */
export interface PairLogProbs {
  chosen: ArrayLike<number>;
  rejected: ArrayLike<number>;
}

/**
 * Preference loss over one batch: low when the policy, relative to the reference, favours `chosen`.
 *
 * @param policy     log-probs under the trained model, [B] each
 * @param reference  the same under the frozen model; no gradient flows
 * @param lengths    target tokens of each answer, [B] each; read by the variants that average per token
 * @param lossType   variant, see `dpo-losses.ts`
 * @returns loss (mean over B; ln 2 for `sigmoid` when policy and reference agree) and its derivative by each policy log-prob, [B] each
 * @source Rafailov et al. 2023, arXiv:2305.18290, eq. 7
 */
export function dpoLoss(
  policy: PairLogProbs,
  reference: PairLogProbs,
  lengths: PairLogProbs,
  { lossType, ...options }: DpoLossOptions & { lossType: DpoLossType },
): { loss: number; byChosen: Float64Array; byRejected: Float64Array } {
  const count = policy.chosen.length;
  const byChosen = new Float64Array(count);
  const byRejected = new Float64Array(count);
  let loss = 0;
  for (let index = 0; index < count; index++) {
    const pair = dpoLosses[lossType](
      {
        a: (policy.chosen[index] ?? Number.NaN) - (reference.chosen[index] ?? Number.NaN),
        b: (policy.rejected[index] ?? Number.NaN) - (reference.rejected[index] ?? Number.NaN),
        chosenLength: lengths.chosen[index] ?? Number.NaN,
        rejectedLength: lengths.rejected[index] ?? Number.NaN,
      },
      options,
    );
    loss += pair.loss / count;
    byChosen[index] = pair.byA / count;
    byRejected[index] = pair.byB / count;
  }
  return { loss, byChosen, byRejected };
}

export const dpo: Algorithm<RunConfigOf<'dpo'>, PairUnit> = {
  usesReference: () => true,
  reads: 'logProbs',
  sizeOf: () => 1,
  step(config, { units, outputs, total }) {
    const chosen = units.map((unit) => logProbOf(outputs, unit.chosen));
    const rejected = units.map((unit) => logProbOf(outputs, unit.rejected));
    const reference = {
      chosen: units.map((unit) => unit.chosen.refLogProb),
      rejected: units.map((unit) => unit.rejected.refLogProb),
    };
    const lengths = {
      chosen: units.map((unit) => lengthOf(unit.chosen)),
      rejected: units.map((unit) => lengthOf(unit.rejected)),
    };
    const result = dpoLoss({ chosen, rejected }, reference, lengths, config);

    const share = units.length / total;
    const logProbCotangents = new Float32Array(outputs.logProbs.length);
    const metrics = new MetricTally();
    for (const [index, unit] of units.entries()) {
      addCotangent(logProbCotangents, unit.chosen, share * (result.byChosen[index] ?? 0));
      addCotangent(logProbCotangents, unit.rejected, share * (result.byRejected[index] ?? 0));
      tallyPair(metrics, {
        chosen: config.beta * ((chosen[index] ?? 0) - unit.chosen.refLogProb),
        rejected: config.beta * ((rejected[index] ?? 0) - unit.rejected.refLogProb),
        chosenLogProb: chosen[index] ?? 0,
        rejectedLogProb: rejected[index] ?? 0,
      });
    }
    tallyPairTokens(metrics, outputs, units);
    return { loss: share * result.loss, logProbCotangents, metrics };
  },
};

/** Adds one pair's rewards and log-probs under the names that preference runs share. A tie counts as wrong: strictly greater. */
export function tallyPair(
  metrics: MetricTally,
  pair: { chosen: number; rejected: number; chosenLogProb: number; rejectedLogProb: number },
): void {
  metrics.addMean('rewards/chosen', pair.chosen);
  metrics.addMean('rewards/rejected', pair.rejected);
  metrics.addMean('rewards/margins', pair.chosen - pair.rejected);
  metrics.addMean('rewards/accuracies', pair.chosen > pair.rejected ? 1 : 0);
  metrics.addMean('logps/chosen', pair.chosenLogProb);
  metrics.addMean('logps/rejected', pair.rejectedLogProb);
}
