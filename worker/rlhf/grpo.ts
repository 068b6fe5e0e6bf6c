/**
 * Group-relative policy optimisation: a group of answers to one prompt is its own baseline, so that no value model is needed.
 *
 * Shao et al. 2024 (DeepSeekMath), arXiv:2402.03300, eq. 3 and 4; aggregation over tokens as in DAPO (arXiv:2503.14476, eq. 8) by default,
 * as published (`grpo`), or by a constant length (`dr_grpo`, arXiv:2503.20783). Advantages as in TRL: Bessel's correction, 1e-4 added.
 */
import type { RunConfigOf } from '../../common/contracts/runs.js';
import { lengthOf, type OnlineAlgorithm, type SampledUnit } from './algorithm.js';
import { scoredRewards, toGroupLessons } from './group-lessons.js';
import { MetricTally } from './metrics.js';
import { tallyEntropy } from './token-metrics.js';

/** Keeps groups of equal rewards at an advantage of 0. */
const SMALL = 1e-4;

/**
 * Advantages of one group.
 *
 * @param rewards  [G]; G >= 2
 * @param scale    `group` divides by the group's standard deviation, `none` does not (arXiv:2503.20783)
 * @returns [G]; their sum is 0
 * @source arXiv:2402.03300, section 4.1.2
 */
export function groupAdvantages(
  rewards: readonly number[],
  scale: 'group' | 'none' = 'group',
): { advantages: number[]; deviation: number } {
  const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
  const squares = rewards.reduce((sum, reward) => sum + (reward - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(1, rewards.length - 1));
  const divisor = scale === 'group' ? deviation + SMALL : 1;
  return { advantages: rewards.map((reward) => (reward - mean) / divisor), deviation };
}

/** @returns share of groups whose rewards are all equal: they teach nothing. Over 0.8 is no signal */
export function zeroDeviationShare(groups: readonly (readonly number[])[]): number {
  const flat = groups.filter((rewards) => groupAdvantages(rewards).deviation === 0);
  return flat.length / groups.length;
}

/** One token of one answer; log-probs in nats. */
export interface SampledToken {
  /** Under the trained model. */
  logProb: number;
  /** Under the model that sampled it. */
  oldLogProb: number;
  /** Under the frozen reference; not read when beta is 0. */
  refLogProb: number;
  /** Of its answer. */
  advantage: number;
  /** Weight that corrects for a sampler that computes a little differently. Default 1. */
  importance?: number;
}

export interface GrpoTokenOptions {
  /** Half-width of the trust region around a ratio of 1, downwards. */
  epsilonLow: number;
  /** The same upwards; DAPO takes it wider. */
  epsilonHigh: number;
  /** Weight of the KL from the reference; >= 0. */
  beta: number;
}

/**
 * Loss of one token: -min(ratio A, clip(ratio) A) w + beta k3, w the importance weight.
 *
 * @returns loss, its derivative by the log-prob, the k3 estimate of the KL, and whether the clip decided
 * @source arXiv:2402.03300, eq. 3 and 4
 */
export function grpoTokenLoss(
  { logProb, oldLogProb, refLogProb, advantage, importance = 1 }: SampledToken,
  { epsilonLow, epsilonHigh, beta }: GrpoTokenOptions,
): { loss: number; byLogProb: number; kl: number; clipped: boolean } {
  const ratio = Math.exp(logProb - oldLogProb);
  const bounded = Math.min(Math.max(ratio, 1 - epsilonLow), 1 + epsilonHigh);
  const clipped = bounded * advantage < ratio * advantage;
  const surrogate = clipped ? bounded * advantage : ratio * advantage;
  const gap = refLogProb - logProb;
  const kl = beta === 0 ? 0 : Math.expm1(gap) - gap;
  const byKl = beta === 0 ? 0 : -Math.expm1(gap);
  return {
    loss: -surrogate * importance + beta * kl,
    byLogProb: (clipped ? 0 : -ratio * advantage * importance) + beta * byKl,
    kl,
    clipped,
  };
}

export type GrpoAggregation = 'dapo' | 'grpo' | 'dr_grpo';

/** How token losses become one number: the loss is the sum of weight x token loss. */
interface Aggregator {
  /** What an answer adds to the size of its step. */
  sizeOf(length: number): number;
  /** Weight of each token of an answer. @param total  size of the step @param maxLength  longest answer allowed */
  weight(length: number, total: number, maxLength: number): number;
}

export const aggregators: Record<GrpoAggregation, Aggregator> = {
  dapo: { sizeOf: (length) => length, weight: (_length, total) => 1 / total },
  grpo: { sizeOf: () => 1, weight: (length, total) => 1 / (total * length) },
  dr_grpo: { sizeOf: () => 1, weight: (_length, total, maxLength) => 1 / (total * maxLength) },
};

export const grpo: OnlineAlgorithm<RunConfigOf<'grpo'>> = {
  usesReference: ({ beta }) => beta > 0,
  reads: 'logProbs',
  corrects: 'token',
  weigh({ scaleRewards, overlongFiltering }, groups) {
    const { deviation } = groupAdvantages(scoredRewards(groups));
    const advantagesOf = {
      group: (rewards: readonly number[]) => groupAdvantages(rewards).advantages,
      none: (rewards: readonly number[]) => groupAdvantages(rewards, 'none').advantages,
      batch: (rewards: readonly number[]) =>
        groupAdvantages(rewards, 'none').advantages.map((advantage) => advantage / (deviation + SMALL)),
    }[scaleRewards];
    const lessons = toGroupLessons(groups, { overlongFiltering, advantagesOf });
    return { lessons, metrics: {}, carried: {} };
  },
  sizeOf: ({ answer }, { aggregation }) => aggregators[aggregation].sizeOf(lengthOf(answer)),
  step(config, { units, outputs, total }) {
    const { beta, clipLow, clipHigh, aggregation, maxNewTokens } = config;
    const options = { epsilonLow: clipLow, epsilonHigh: clipHigh ?? clipLow, beta };
    const logProbCotangents = new Float32Array(outputs.logProbs.length);
    const metrics = new MetricTally();
    let loss = 0;
    for (const unit of units) {
      const { start } = unit.answer;
      const length = lengthOf(unit.answer);
      const weight = aggregators[aggregation].weight(length, total, maxNewTokens);
      for (let index = 0; index < length; index++) {
        const result = grpoTokenLoss(tokenOf(unit, index, outputs.logProbs[start + index]), options);
        loss += weight * result.loss;
        logProbCotangents[start + index] = weight * result.byLogProb;
        metrics.addMean('clip_ratio/region_mean', result.clipped ? 1 : 0);
        if (beta > 0) metrics.addMean('kl', result.kl);
      }
    }
    tallyEntropy(
      metrics,
      outputs,
      units.map(({ answer }) => answer),
    );
    return { loss, logProbCotangents, metrics };
  },
};

function tokenOf(
  { oldLogProbs, refLogProbs, advantages, importance }: SampledUnit,
  index: number,
  logProb = Number.NaN,
): SampledToken {
  const at = (values: Float32Array) => values[index] ?? Number.NaN;
  return {
    logProb,
    oldLogProb: at(oldLogProbs),
    refLogProb: at(refLogProbs),
    advantage: at(advantages),
    importance: at(importance),
  };
}
