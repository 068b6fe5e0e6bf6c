import { expect, it } from 'vitest';
import { groupCurves, toCurves } from '../../../web/src/lib/runs/curves';

const words = { train: 'training', heldOut: 'held out' };
const point = (step: number, metrics: Record<string, number>) => ({
  step,
  at: '2026-01-01T00:00:00Z',
  metrics,
});

it('draws a metric of the training and of the held-out data as two lines, the loss first', () => {
  const points = [
    point(0, { eval_loss: 0.7 }),
    point(1, { loss: 0.69, grad_norm: 2, epoch: 0.1 }),
    point(2, { loss: 0.6, grad_norm: 1, epoch: 0.2, eval_loss: 0.65 }),
  ];
  const curves = toCurves([{ name: 'first', points }], words);
  expect(curves.map(({ metric }) => metric)).toEqual(['loss', 'grad_norm']);
  expect(curves[0]?.series).toEqual([
    {
      name: 'training',
      isSparse: false,
      points: [
        { x: 1, y: 0.69 },
        { x: 2, y: 0.6 },
      ],
    },
    {
      name: 'held out',
      isSparse: true,
      points: [
        { x: 0, y: 0.7 },
        { x: 2, y: 0.65 },
      ],
    },
  ]);
});

it('names the runs where there are several', () => {
  const points = [point(1, { loss: 1 })];
  const [curve] = toCurves(
    [
      { name: 'first', points },
      { name: 'second', points },
    ],
    words,
  );
  expect(curve?.series.map(({ name }) => name)).toEqual(['first · training', 'second · training']);
});

it('draws the reward of a run that answers itself first, and the held-out reward model beside it', () => {
  const points = [
    point(1, {
      loss: 0,
      reward: 0.2,
      'rewards/model/mean': 0.2,
      'rewards/held_out/mean': 0.1,
      'eval_rewards/held_out/mean': 0.15,
      'objective/kl': 0.01,
      'completions/mean_length': 30,
      'completions/clipped_ratio': 0,
      entropy: 2,
      reward_std: 0.3,
    }),
  ];
  const curves = toCurves([{ name: 'first', points }], words);
  expect(curves.map(({ metric }) => metric)).toEqual([
    'reward',
    'objective/kl',
    'completions/mean_length',
    'entropy',
    'loss',
    'rewards/model/mean',
    'reward_std',
    'completions/clipped_ratio',
  ]);
  expect(curves[0]?.series.map(({ name }) => name)).toEqual([
    'training',
    'rewards/held_out/mean · training',
    'rewards/held_out/mean · held out',
  ]);
});

it('groups them by what they are about, those that tell most first', () => {
  const names = [
    'loss',
    'reward',
    'objective/kl',
    'objective/scores',
    'rewards/model/mean',
    'completions/mean_length',
    'policy/clipfrac_avg',
    'loss/value_avg',
    'sampling/logp_difference',
    'time/scoring',
    'something_new',
  ];
  const points = [point(1, Object.fromEntries(names.map((name) => [name, 1])))];
  const groups = groupCurves(toCurves([{ name: 'first', points }], words));
  expect(groups.map(({ group, curves }) => [group, ...curves.map(({ metric }) => metric)])).toEqual([
    ['reward', 'reward', 'rewards/model/mean', 'objective/scores'],
    ['policy', 'objective/kl', 'policy/clipfrac_avg'],
    ['answers', 'completions/mean_length'],
    ['learning', 'loss', 'loss/value_avg'],
    ['sampling', 'sampling/logp_difference'],
    ['time', 'time/scoring'],
    ['other', 'something_new'],
  ]);
});
