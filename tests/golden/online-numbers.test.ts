/** Advantages, whitening and averages against numpy, recorded in `online-numbers.json` by `tests/parity/online_numbers.py`. */
import { describe, expect, it } from 'vitest';
import { grpoConfigSchema } from '../../common/contracts/online-runs.js';
import type { JudgedAnswer } from '../../worker/rlhf/algorithm.js';
import { aggregators, grpo } from '../../worker/rlhf/grpo.js';
import { estimateAdvantages, whiten } from '../../worker/rlhf/ppo.js';
import { leaveOneOutAdvantages } from '../../worker/rlhf/rloo.js';
import { importanceWeights } from '../../worker/rollouts/sampler-difference.js';
import golden from './online-numbers.json' with { type: 'json' };

function expectClose(came: ArrayLike<number>, wanted: readonly number[], digits = 9): void {
  expect(came.length).toBe(wanted.length);
  for (const [index, value] of wanted.entries()) expect(came[index]).toBeCloseTo(value, digits);
}

/** Vectors of the trainer are single precision. */
const single = 5;

describe('against numpy', () => {
  it.each(golden.gae)('estimates advantages and returns: gamma $gamma, lambda $lambda', (wanted) => {
    const came = estimateAdvantages(wanted.rewards, wanted.values, wanted);
    expectClose(came.advantages, wanted.advantages);
    expectClose(came.returns, wanted.returns);
  });

  it('whitens, with the mean and without', () => {
    const { values, whitened, unshifted } = golden.whitening;
    expectClose(whiten(values), whitened);
    expectClose(whiten(values, false), unshifted);
  });

  it.each(['dapo', 'grpo', 'dr_grpo'] as const)('averages token losses as %s', (aggregation) => {
    const { losses, maxLength } = golden.aggregation;
    const { sizeOf, weight } = aggregators[aggregation];
    const size = losses.reduce((sum, tokens) => sum + sizeOf(tokens.length), 0);
    const loss = losses.reduce(
      (sum, tokens) =>
        sum + weight(tokens.length, size, maxLength) * tokens.reduce((all, token) => all + token, 0),
      0,
    );
    expect(loss).toBeCloseTo(golden.aggregation[aggregation], 9);
  });

  it.each(['group', 'batch', 'none'] as const)('scales advantages by %s', (scaleRewards) => {
    const { rewards } = golden.advantages;
    const config = grpoConfigSchema.parse({ kind: 'grpo', scaleRewards });
    const { lessons } = grpo.weigh(
      config,
      rewards.map((row) => row.map(toJudged)),
      {},
    );
    for (const [index, row] of golden.advantages[scaleRewards].entries())
      expectClose(
        (lessons[index] ?? []).map((lesson) => lesson?.advantages[0] ?? NaN),
        row,
        single,
      );
  });

  it('compares each answer with the mean of the others', () => {
    const { rewards, leaveOneOut } = golden.advantages;
    for (const [index, row] of rewards.entries())
      expectClose(leaveOneOutAdvantages(row), leaveOneOut[index] ?? []);
  });

  it('truncates importance weights, of tokens and of the whole answer', () => {
    const { trainer, sampler, cap, token, answer } = golden.importance;
    const vectors = [Float32Array.from(trainer), Float32Array.from(sampler)] as const;
    expectClose(importanceWeights(...vectors, { of: 'token', cap }), token, single);
    expectClose(
      importanceWeights(...vectors, { of: 'answer', cap }),
      token.map(() => answer),
      single,
    );
  });
});

const toJudged = (reward: number): JudgedAnswer => ({
  reward,
  ended: true,
  logProbs: new Float32Array(2),
  refLogProbs: new Float32Array(2),
  values: new Float32Array(),
});
