/** GRPO and PPO against `losses.json`, computed by an independent implementation. */
import { describe, expect, it } from 'vitest';
import { aggregators, groupAdvantages, grpoTokenLoss, zeroDeviationShare } from '../../worker/rlhf/grpo.js';
import {
  estimateAdvantages,
  ppoPolicyLoss,
  ppoValueLoss,
  tokenKl,
  tokenRewards,
  whiten,
} from '../../worker/rlhf/ppo.js';
import golden from './losses.json' with { type: 'json' };

const DIGITS = 6;
function expectAll(came: readonly number[], wanted: readonly number[]) {
  expect(came).toHaveLength(wanted.length);
  for (const [index, value] of wanted.entries()) expect(came[index]).toBeCloseTo(value, DIGITS);
}

describe('GRPO', () => {
  const { grpo } = golden;
  it('takes advantages within the group, which sum to 0', () => {
    const { advantages } = groupAdvantages(grpo.rewards);
    expectAll(advantages, grpo['adv group (Bessel std, +1e-4)']);
    expectAll(groupAdvantages(grpo.rewards, 'none').advantages, grpo['adv none']);
    const graded = groupAdvantages([0.2, 0.9, 0.5, 0.4]).advantages;
    expectAll(graded, grpo['adv graded [0.2,0.9,0.5,0.4]']);
    expect(graded.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 12);
    expectAll(groupAdvantages([1, 1, 1, 1]).advantages, grpo['all equal']);
    expect(zeroDeviationShare([[1, 1, 1, 1]])).toBe(grpo['frac_reward_zero_std all equal']);
    expect(
      zeroDeviationShare([
        [1, 1],
        [0, 1],
      ]),
    ).toBe(0.5);
  });

  it('clips the ratio where that makes the objective worse', () => {
    const loss = (difference: number, advantage: number) =>
      grpoTokenLoss(
        { logProb: difference, oldLogProb: 0, refLogProb: 0, advantage },
        { epsilonLow: 0.2, epsilonHigh: 0.2, beta: 0 },
      ).loss;
    expect(loss(0.1, 0.8)).toBeCloseTo(grpo['clip eps0.2 ratio 1.105171 A=0.8'], DIGITS);
    expect(loss(0.5, 0.8)).toBeCloseTo(grpo['clip eps0.2 ratio exp(.5) A=0.8'], DIGITS);
    expect(loss(0.5, -0.8)).toBeCloseTo(grpo['clip eps0.2 ratio exp(.5) A=-0.8'], DIGITS);
  });

  it('estimates the KL by k3', () => {
    const token = { logProb: -1, oldLogProb: -1, refLogProb: -1.3, advantage: 0 };
    const { kl, loss } = grpoTokenLoss(token, { epsilonLow: 0.2, epsilonHigh: 0.2, beta: 0.5 });
    expect(kl).toBeCloseTo(grpo['k3 kl (ref-1.3, pol-1.0)'], DIGITS);
    expect(loss).toBeCloseTo(0.5 * kl, 12);
  });

  it('adds tokens up in three ways', () => {
    const { agg } = grpo;
    const lengths = agg.per_token_loss.map((tokens) => tokens.length);
    const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
    const total = (aggregation: 'dapo' | 'grpo' | 'dr_grpo') => {
      const { sizeOf, weight } = aggregators[aggregation];
      const size = sum(lengths.map(sizeOf));
      return sum(agg.per_token_loss.map((tokens) => weight(tokens.length, size, 8) * sum(tokens)));
    };
    expect(total('grpo')).toBeCloseTo(agg['grpo (mean of seq means)'], DIGITS);
    expect(total('dapo')).toBeCloseTo(agg['dapo/bnpo (token mean, 1 process)'], DIGITS);
    expect(total('dr_grpo')).toBeCloseTo(agg['dr_grpo (max_completion_length=8)'], DIGITS);
  });
});

describe('PPO', () => {
  const { ppo } = golden;
  const answer = { logProbs: ppo.logp, refLogProbs: ppo.ref, values: ppo.values, score: ppo.score };

  it('prices every token by its KL, and pays the score at the last', () => {
    expectAll(
      ppo.logp.map((logProb, index) => tokenKl.k1(logProb, ppo.ref[index] ?? 0)),
      ppo.k1,
    );
    expectAll(
      ppo.logp.map((logProb, index) => tokenKl.k3(logProb, ppo.ref[index] ?? 0)),
      ppo.k3,
    );
    const told = tokenRewards(answer, ppo.kl_coef);
    expectAll(told.rewards, ppo.rewards);
    expect(told.kl).toBeCloseTo(ppo['objective/kl (sum k1)'], DIGITS);
    expect(told.nonScoreReward).toBeCloseTo(ppo['objective/non_score_reward'], DIGITS);
    expect(told.rlhfReward).toBeCloseTo(ppo['objective/rlhf_reward'], DIGITS);
    expect(told.entropy).toBeCloseTo(ppo['objective/entropy (-sum logp)'], DIGITS);
  });

  it('spreads rewards over tokens, and whitens', () => {
    const { advantages, returns } = estimateAdvantages(ppo.rewards, ppo.values, { gamma: 1, lambda: 0.95 });
    expectAll(advantages, ppo['gae advantages']);
    expectAll(returns, ppo.returns);
    expectAll(whiten(advantages), ppo.whitened);
  });

  it('has a ratio of 1 and clips nothing where the policy is the one that sampled', () => {
    for (const [index, logProb] of ppo.logp.entries()) {
      const token = { logProb, oldLogProb: logProb, advantage: ppo['gae advantages'][index] ?? 0 };
      expect(ppoPolicyLoss(token, 0.2)).toMatchObject({ ratio: 1, clipped: false });
    }
  });
});

describe('derivatives', () => {
  const step = 1e-5;
  const slope = (at: number, loss: (x: number) => number) => (loss(at + step) - loss(at - step)) / (2 * step);
  const cases = [-0.5, -0.1, 0.1, 0.5].flatMap((difference) =>
    [0.8, -0.8].map((advantage) => ({ difference, advantage })),
  );

  it.each(cases)(
    'agree with central differences at $difference, advantage $advantage',
    ({ difference, advantage }) => {
      const options = { epsilonLow: 0.2, epsilonHigh: 0.28, beta: 0.04 };
      const grpo = (logProb: number) =>
        grpoTokenLoss({ logProb, oldLogProb: -1, refLogProb: -1.4, advantage }, options);
      const policy = (logProb: number) => ppoPolicyLoss({ logProb, oldLogProb: -1, advantage }, 0.2);
      const value = (v: number) => ppoValueLoss({ value: v, oldValue: 0, target: advantage }, 0.2);
      const logProb = difference - 1;
      expect(grpo(logProb).byLogProb).toBeCloseTo(
        slope(logProb, (x) => grpo(x).loss),
        6,
      );
      expect(policy(logProb).byLogProb).toBeCloseTo(
        slope(logProb, (x) => policy(x).loss),
        6,
      );
      expect(value(difference).byValue).toBeCloseTo(
        slope(difference, (x) => value(x).loss),
        6,
      );
    },
  );
});
