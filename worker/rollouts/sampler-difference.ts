/**
 * Sampler and trainer compute the same distribution in different ways, and differ a little. Ratios are taken of the trainer's log-probs
 * alone; what the sampler's difference does to an expectation is corrected by importance weights, truncated so that no answer weighs much.
 *
 * Ionides 2008, "Truncated importance sampling"; Yao et al. 2025, "Your efficient RL framework secretly brings you off-policy RL training".
 */

export interface Difference {
  /** Mean and largest absolute difference of the log-probs, nats a token. */
  mean: number;
  max: number;
}

/** @param pairs  log-probs of the same answers by trainer and sampler, [T] each */
export function measureDifference(
  pairs: readonly { trainer: Float32Array; sampler: Float32Array }[],
): Difference {
  let [sum, count, max] = [0, 0, 0];
  for (const { trainer, sampler } of pairs) {
    for (let index = 0; index < trainer.length; index++) {
      const difference = Math.abs((trainer[index] ?? 0) - (sampler[index] ?? 0));
      sum += difference;
      count++;
      max = Math.max(max, difference);
    }
  }
  return { mean: count === 0 ? 0 : sum / count, max };
}

/**
 * @param of   one weight a token, or one for the whole answer as one action
 * @param cap  where weights are truncated; >= 1
 * @returns [T], min(trainer / sampler, cap) in probabilities
 */
export function importanceWeights(
  trainer: Float32Array,
  sampler: Float32Array,
  { of, cap }: { of: 'token' | 'answer'; cap: number },
): Float32Array {
  const differences = trainer.map((logProb, index) => logProb - (sampler[index] ?? Number.NaN));
  if (of === 'token') return differences.map((difference) => Math.min(Math.exp(difference), cap));
  const whole = differences.reduce((sum, difference) => sum + difference, 0);
  return differences.fill(Math.min(Math.exp(whole), cap));
}
