/**
 * Kahneman-Tversky optimisation: learn from single thumbs, without pairs.
 *
 * Ethayarajh et al. 2024, arXiv:2402.01306, eq. 8. An answer's log-ratio l is judged against a reference point: the policy's KL from the
 * reference, estimated in the batch from prompts paired with other prompts' answers, never below zero, and constant for the gradient.
 * As in TRL the estimate is the batch mean of summed log-ratios. `apo_zero_unpaired` (arXiv:2408.06266) has no reference point.
 */
import type { RunConfigOf } from '../../common/contracts/runs.js';
import { addCotangent, logProbOf, type Algorithm, type ModelOutputs, type ThumbUnit } from './algorithm.js';
import { MetricTally } from './metrics.js';
import { sigmoid } from './scalar-functions.js';
import { tallyEntropy } from './token-metrics.js';

/** B answers and what people thought of them. */
export interface Thumbs {
  /** [B] log pi - log ref of each answer, nats, summed over its tokens. */
  logRatios: readonly number[];
  /** [B] true for thumbs up. */
  desirable: readonly boolean[];
}

type KtoOptions = Pick<RunConfigOf<'kto'>, 'beta' | 'lossType' | 'desirableWeight' | 'undesirableWeight'>;

/**
 * Reference point of a batch: how far the policy has moved from the reference, as its mean log-ratio over mismatched answers.
 *
 * @param mismatched  [B] log pi - log ref of other prompts' answers, nats
 * @returns nats; never negative; 0 for an empty batch
 * @source arXiv:2402.01306, section 4.1
 */
export function ktoReferencePoint(mismatched: readonly number[]): number {
  if (mismatched.length === 0) return 0;
  return Math.max(0, mismatched.reduce((sum, logRatio) => sum + logRatio, 0) / mismatched.length);
}

/**
 * Loss over one batch of thumbs: low when liked answers stand above the reference point and disliked ones below.
 *
 * @param kl  reference point, nats; >= 0; no gradient flows
 * @returns loss (mean over B; 0.5 with weights 1 when policy and reference agree) and its derivative by each log-ratio, [B]
 * @source arXiv:2402.01306, eq. 8
 */
export function ktoLoss(
  { logRatios, desirable }: Thumbs,
  kl: number,
  { beta, lossType, desirableWeight, undesirableWeight }: KtoOptions,
): { loss: number; byLogRatio: Float64Array } {
  const count = logRatios.length;
  const byLogRatio = new Float64Array(count);
  const point = lossType === 'kto' ? kl : 0;
  let loss = 0;
  for (const [index, logRatio] of logRatios.entries()) {
    const sign = desirable[index] ? 1 : -1;
    const weight = desirable[index] ? desirableWeight : undesirableWeight;
    const value = sigmoid(sign * beta * (logRatio - point));
    loss += (weight * (1 - value)) / count;
    byLogRatio[index] = (-sign * weight * beta * value * (1 - value)) / count;
  }
  return { loss, byLogRatio };
}

const mismatchedLogRatios = (units: readonly ThumbUnit[], outputs: ModelOutputs) =>
  units.map(({ mismatched }) => logProbOf(outputs, mismatched) - mismatched.refLogProb);

export const kto: Algorithm<RunConfigOf<'kto'>, ThumbUnit> = {
  usesReference: () => true,
  reads: 'logProbs',
  sizeOf: () => 1,
  prepare: (_config, batches) =>
    ktoReferencePoint(batches.flatMap(({ units, outputs }) => mismatchedLogRatios(units, outputs))),
  step(config, { units, outputs, total, prepared: kl }) {
    const logProbs = units.map(({ answer }) => logProbOf(outputs, answer));
    const logRatios = units.map(({ answer }, index) => (logProbs[index] ?? 0) - answer.refLogProb);
    const desirable = units.map((unit) => unit.desirable);
    const result = ktoLoss({ logRatios, desirable }, kl, config);

    const share = units.length / total;
    const logProbCotangents = new Float32Array(outputs.logProbs.length);
    const metrics = new MetricTally();
    for (const [index, { answer }] of units.entries()) {
      addCotangent(logProbCotangents, answer, share * (result.byLogRatio[index] ?? 0));
      const side = desirable[index] ? 'chosen' : 'rejected';
      metrics.addMean(`rewards/${side}`, config.beta * (logRatios[index] ?? 0));
      metrics.addMean(`logps/${side}`, logProbs[index] ?? 0);
    }
    metrics.addMean('kl', kl * units.length, units.length);
    metrics.addDifference('rewards/margins', 'rewards/chosen', 'rewards/rejected');
    tallyEntropy(
      metrics,
      outputs,
      units.map(({ answer }) => answer),
    );
    return { loss: share * result.loss, logProbCotangents, metrics };
  },
};
