import { describe, expect, it } from 'vitest';
import { grpoConfigSchema } from '../../common/contracts/online-runs.js';
import { judgeHeldOut, judgeRollout } from '../../worker/runs/rollout-health.js';

const config = grpoConfigSchema.parse({ kind: 'grpo', maxNewTokens: 100, stopAtRepetition: 0.6 });
const found = (metrics: Record<string, number>) =>
  judgeRollout(config, metrics).map(({ id, severity }) => `${id} ${severity}`);

describe('the health of a rollout', () => {
  it.each([
    [{ 'objective/kl': 11 }, 'kl-high warning'],
    [{ 'objective/kl': 51 }, 'kl-high stop'],
    [{ kl: 2.1 }, 'kl-diverged warning'],
    [{ entropy: 0.005 }, 'entropy-low stop'],
    [{ 'completions/clipped_ratio': 0.6 }, 'answers-cut warning'],
    [{ 'completions/mean_length': 81 }, 'answers-cut warning'],
    [{ 'completions/repetition': 0.4 }, 'repetition-high warning'],
    [{ 'completions/repetition': 0.7 }, 'repetition-high stop'],
    [{ frac_reward_zero_std: 0.9 }, 'no-signal warning'],
    [{ 'rewards/unscored': 0.1 }, 'rewards-missing warning'],
    [{ 'rewards/held_out/disagreement': 0.6 }, 'reward-fooled warning'],
    [{ 'sampling/logp_difference': 0.06 }, 'sampler-differs notice'],
  ])('%j is told as %s', (metrics, verdict) => {
    expect(found(metrics)).toEqual([verdict]);
  });

  it('has nothing to say of a good step', () => {
    const good = {
      'objective/kl': 2,
      kl: 0.1,
      entropy: 1,
      'completions/mean_length': 40,
      frac_reward_zero_std: 0.2,
    };
    expect(found({ ...good, 'rewards/unscored': 0, 'completions/clipped_ratio': 0 })).toEqual([]);
  });

  it('sees a reward that rises while the held-out judge falls, and neither alone', () => {
    const first = { eval_reward: 0.2, 'eval_rewards/held_out/mean': 1 };
    const then = (reward: number, judged: number) =>
      judgeHeldOut(first, { eval_reward: reward, 'eval_rewards/held_out/mean': judged }).map(({ id }) => id);
    expect(then(0.5, 0.4)).toEqual(['reward-fooled']);
    expect(then(0.5, 1.4)).toEqual([]);
    expect(then(0.1, 0.4)).toEqual([]);
    expect(judgeHeldOut({ eval_reward: 0.2 }, { eval_reward: 0.9 })).toEqual([]);
  });
});
