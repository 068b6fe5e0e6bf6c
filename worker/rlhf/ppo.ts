/**
 * Proximal policy optimisation from human feedback: a reward at the end of an answer, a price for every step away from the reference, and
 * a value model that spreads both over the tokens.
 *
 * Schulman et al. 2017, arXiv:1707.06347, eq. 7 and 9; advantages of Schulman et al. 2015, arXiv:1506.02438, eq. 16; per-token KL reward
 * and score at the last token as in Ouyang et al. 2022, arXiv:2203.02155, eq. 2. Value clipping and whitening as in TRL.
 */
import type { RunConfigOf } from '../../common/contracts/runs.js';
import {
  lengthOf,
  type JudgedAnswer,
  type Lesson,
  type ModelOutputs,
  type OnlineAlgorithm,
  type SampledUnit,
} from './algorithm.js';
import { MetricTally } from './metrics.js';
import { tallyEntropy } from './token-metrics.js';

/** One sampled answer of T tokens; log-probs in nats. */
export interface SampledAnswer {
  /** [T] under the model that sampled it. */
  logProbs: ArrayLike<number>;
  /** [T] under the frozen reference. */
  refLogProbs: ArrayLike<number>;
  /** What the reward model gave the whole answer. */
  score: number;
}

/** Estimators of the KL of one token. @source Schulman 2020, "Approximating KL divergence" */
export const tokenKl = {
  k1: (logProb: number, refLogProb: number) => logProb - refLogProb,
  k3: (logProb: number, refLogProb: number) => Math.expm1(refLogProb - logProb) - (refLogProb - logProb),
} as const;

/**
 * Reward of every token: -klCoefficient k1, and the score at the last.
 *
 * @returns [T], and the parts that TRL reports under `objective/`
 */
export function tokenRewards(
  { logProbs, refLogProbs, score }: SampledAnswer,
  klCoefficient: number,
): { rewards: number[]; kl: number; nonScoreReward: number; rlhfReward: number; entropy: number } {
  const kls = Array.from(logProbs, (logProb, index) => tokenKl.k1(logProb, refLogProbs[index] ?? Number.NaN));
  const rewards = kls.map((kl, index) => -klCoefficient * kl + (index === kls.length - 1 ? score : 0));
  const kl = kls.reduce((sum, value) => sum + value, 0);
  return {
    rewards,
    kl,
    nonScoreReward: -klCoefficient * kl,
    rlhfReward: score - klCoefficient * kl,
    entropy: -Array.from(logProbs).reduce((sum, logProb) => sum + logProb, 0),
  };
}

/**
 * Generalised advantage estimation.
 *
 * @param rewards  [T]
 * @param values   [T]
 * @returns advantages and returns (advantage + value), [T] each
 * @source arXiv:1506.02438, eq. 16
 */
export function estimateAdvantages(
  rewards: ArrayLike<number>,
  values: ArrayLike<number>,
  { gamma, lambda }: { gamma: number; lambda: number },
): { advantages: number[]; returns: number[] } {
  const advantages = new Array<number>(rewards.length).fill(0);
  let later = 0;
  for (let index = rewards.length - 1; index >= 0; index--) {
    const surprise = (rewards[index] ?? 0) + gamma * (values[index + 1] ?? 0) - (values[index] ?? 0);
    later = surprise + gamma * lambda * later;
    advantages[index] = later;
  }
  return { advantages, returns: advantages.map((advantage, index) => advantage + (values[index] ?? 0)) };
}

/**
 * Mean 0, variance 1 (Bessel's correction) over all tokens of a step.
 *
 * @param shift  false leaves the mean where it is
 */
export function whiten(values: readonly number[], shift = true): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance =
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return values.map((value) => (value - mean) / Math.sqrt(variance + 1e-8) + (shift ? 0 : mean));
}

/**
 * Policy loss of one token: max(-A ratio, -A clip(ratio)).
 *
 * @param clip  half-width of the trust region; > 0
 * @source arXiv:1707.06347, eq. 7
 */
export function ppoPolicyLoss(
  token: { logProb: number; oldLogProb: number; advantage: number },
  clip: number,
): { loss: number; byLogProb: number; ratio: number; clipped: boolean } {
  const { logProb, oldLogProb, advantage } = token;
  const ratio = Math.exp(logProb - oldLogProb);
  const bounded = Math.min(Math.max(ratio, 1 - clip), 1 + clip);
  const clipped = -advantage * bounded > -advantage * ratio;
  return {
    loss: -advantage * (clipped ? bounded : ratio),
    byLogProb: clipped ? 0 : -advantage * ratio,
    ratio,
    clipped,
  };
}

/**
 * Value loss of one token: half the larger of the squared errors of the value and of the value kept near the old one.
 *
 * @source arXiv:1707.06347, eq. 9, with the clipping of OpenAI's baselines that TRL keeps
 */
export function ppoValueLoss(
  token: { value: number; oldValue: number; target: number },
  clip: number,
): { loss: number; byValue: number; clipped: boolean } {
  const { value, oldValue, target } = token;
  const bounded = Math.min(Math.max(value, oldValue - clip), oldValue + clip);
  const clipped = (bounded - target) ** 2 > (value - target) ** 2;
  const error = (clipped ? bounded : value) - target;
  return { loss: 0.5 * error ** 2, byValue: clipped ? 0 : error, clipped };
}

/**
 * The KL coefficient after a step, moved so that the KL nears its target.
 *
 * @param kl      nats an answer, of the step
 * @param target  nats an answer; > 0
 * @param answers  sampled in the step: the more, the larger the move
 * @source Ziegler et al. 2019, arXiv:1909.08593, section 2.2
 */
export function adaptKlCoefficient(
  coefficient: number,
  { kl, target, answers }: { kl: number; target: number; answers: number },
): number {
  const error = Math.min(Math.max(kl / target - 1, -0.2), 0.2);
  return coefficient * (1 + (error * answers) / KL_HORIZON);
}

/** Answers over which the coefficient moves by its full error. */
const KL_HORIZON = 10_000;

export const ppo: OnlineAlgorithm<RunConfigOf<'ppo'>> = {
  usesReference: () => true,
  reads: 'logProbsAndValues',
  corrects: 'token',
  weigh(config, groups, carried) {
    const coefficient = carried['klCoefficient'] ?? config.klCoefficient;
    const scored = groups.flat().filter((answer) => answer.reward !== null);
    const priced = scored.map((answer) =>
      tokenRewards({ ...answer, score: answer.reward ?? 0 }, coefficient),
    );
    const rewards = priced.map((answer) => answer.rewards);
    const lessons = teach(config, scored, config.whitenRewards ? whitenAll(rewards, false) : rewards);
    const objective = averageObjective(priced, scored);
    const { kl = 0 } = objective;
    const adapted = { kl, target: config.klTarget, answers: scored.length };
    const isAdaptive = config.klControl === 'adaptive' && scored.length > 0;
    return {
      lessons: groups.map((group) => group.map((answer) => lessons.get(answer) ?? nothingToTeach(answer))),
      metrics: {
        ...Object.fromEntries(Object.entries(objective).map(([name, value]) => [`objective/${name}`, value])),
        kl_coef: coefficient,
      },
      carried: { klCoefficient: isAdaptive ? adaptKlCoefficient(coefficient, adapted) : coefficient },
    };
  },
  sizeOf: ({ answer }) => lengthOf(answer),
  step(config, { units, outputs, total }) {
    const logProbCotangents = new Float32Array(outputs.logProbs.length);
    const scoreCotangents = new Float32Array(outputs.scores.length);
    const metrics = new MetricTally();
    let loss = 0;
    for (const unit of units) {
      for (let index = 0; index < lengthOf(unit.answer); index++) {
        const token = tokenLoss(config, unit, index, outputs, metrics);
        loss += token.loss / total;
        logProbCotangents[unit.answer.start + index] = token.byLogProb / total;
        scoreCotangents[unit.answer.scored + index] = token.byValue / total;
      }
    }
    tallyEntropy(
      metrics,
      outputs,
      units.map(({ answer }) => answer),
    );
    return { loss, logProbCotangents, scoreCotangents, metrics };
  },
};

/** Advantages over the tokens of all answers, whitened together, and what the value head should have expected. */
function teach(
  { gamma, gaeLambda }: RunConfigOf<'ppo'>,
  answers: readonly JudgedAnswer[],
  rewards: readonly (readonly number[])[],
): Map<JudgedAnswer, Lesson> {
  const estimates = answers.map(({ values }, index) =>
    estimateAdvantages(rewards[index] ?? [], values, { gamma, lambda: gaeLambda }),
  );
  const advantages = whitenAll(
    estimates.map((estimate) => estimate.advantages),
    true,
  );
  return new Map(
    answers.map((answer, index) => [
      answer,
      {
        advantages: Float32Array.from(advantages[index] ?? []),
        returns: Float32Array.from(estimates[index]?.returns ?? []),
      },
    ]),
  );
}

/** Vectors of different lengths, whitened as one. */
function whitenAll(vectors: readonly (readonly number[])[], shift: boolean): number[][] {
  const all = whiten(vectors.flat(), shift);
  let start = 0;
  return vectors.map(({ length }) => all.slice(start, (start += length)));
}

/** An answer without a score: the policy stays, and the value head was right. */
const nothingToTeach = ({ logProbs, values }: JudgedAnswer): Lesson => ({
  advantages: new Float32Array(logProbs.length),
  returns: values,
});

/** TRL's `objective/` metrics: means over answers. */
function averageObjective(
  priced: readonly ReturnType<typeof tokenRewards>[],
  scored: readonly JudgedAnswer[],
): Partial<Record<'kl' | 'entropy' | 'non_score_reward' | 'rlhf_reward' | 'scores', number>> {
  if (priced.length === 0) return {};
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    kl: mean(priced.map(({ kl }) => kl)),
    entropy: mean(priced.map(({ entropy }) => entropy)),
    non_score_reward: mean(priced.map(({ nonScoreReward }) => nonScoreReward)),
    rlhf_reward: mean(priced.map(({ rlhfReward }) => rlhfReward)),
    scores: mean(scored.map(({ reward }) => reward ?? 0)),
  };
}

/** Policy and value loss of one token, and what TRL reports of them. */
function tokenLoss(
  { clip, valueClip, valueCoefficient }: RunConfigOf<'ppo'>,
  unit: SampledUnit,
  index: number,
  outputs: ModelOutputs,
  metrics: MetricTally,
): { loss: number; byLogProb: number; byValue: number } {
  const at = (values: Float32Array, offset = 0) => values[offset + index] ?? Number.NaN;
  const logProb = at(outputs.logProbs, unit.answer.start);
  const oldLogProb = at(unit.oldLogProbs);
  const policy = ppoPolicyLoss({ logProb, oldLogProb, advantage: at(unit.advantages) }, clip);
  const value = ppoValueLoss(
    { value: at(outputs.scores, unit.answer.scored), oldValue: at(unit.oldValues), target: at(unit.returns) },
    valueClip,
  );
  const weight = at(unit.importance);
  metrics.addMean('loss/policy_avg', weight * policy.loss);
  metrics.addMean('loss/value_avg', value.loss);
  metrics.addMean('policy/approxkl_avg', 0.5 * (logProb - oldLogProb) ** 2);
  metrics.addMean('policy/clipfrac_avg', policy.clipped ? 1 : 0);
  metrics.addMean('val/clipfrac_avg', value.clipped ? 1 : 0);
  metrics.addMean('val/ratio', policy.ratio);
  return {
    loss: weight * policy.loss + valueCoefficient * value.loss,
    byLogProb: weight * policy.byLogProb,
    byValue: valueCoefficient * value.byValue,
  };
}
