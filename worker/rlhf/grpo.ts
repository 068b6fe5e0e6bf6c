/**
 * Group-relative policy optimisation: a group of answers to one prompt is its own baseline, so that no value model is needed.
 *
 * Shao et al. 2024 (DeepSeekMath), arXiv:2402.03300, eq. 3 and 4; aggregation over tokens as in DAPO (arXiv:2503.14476, eq. 8) by default,
 * as published (`grpo`), or by a constant length (`dr_grpo`, arXiv:2503.20783). Advantages as in TRL: Bessel's correction, 1e-4 added.
 */

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
 * Loss of one token: -min(ratio A, clip(ratio) A) + beta k3.
 *
 * @returns loss, its derivative by the log-prob, the k3 estimate of the KL, and whether the clip decided
 * @source arXiv:2402.03300, eq. 3 and 4
 */
export function grpoTokenLoss(
  { logProb, oldLogProb, refLogProb, advantage }: SampledToken,
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
    loss: -surrogate + beta * kl,
    byLogProb: (clipped ? 0 : -ratio * advantage) + beta * byKl,
    kl,
    clipped,
  };
}

export type GrpoAggregation = 'dapo' | 'grpo' | 'dr_grpo';

/**
 * Weight of every token of an answer in the loss: the loss is the sum of weight x token loss.
 *
 * @param lengths    tokens of each of the step's answers, [B]
 * @param maxLength  longest answer allowed; read by `dr_grpo`
 * @returns [B]
 */
export function aggregationWeights(
  lengths: readonly number[],
  aggregation: GrpoAggregation,
  maxLength: number,
): number[] {
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const rules: Record<GrpoAggregation, (length: number) => number> = {
    dapo: () => 1 / tokens,
    grpo: (length) => 1 / (lengths.length * length),
    dr_grpo: () => 1 / (lengths.length * maxLength),
  };
  return lengths.map(rules[aggregation]);
}
