import { describe, expect, it } from 'vitest';
import { parseReward } from '../../bin/commands/reward-flag.js';
import { parseRunArguments } from '../../bin/commands/run-arguments.js';
import { nameRewards, rewardSchema } from '../../common/contracts/rewards.js';
import { rolloutTold, runEventSchema } from '../../common/contracts/run-events.js';
import { bestAnswers } from '../../worker/rlhf/best-of-n.js';
import { adaptKlCoefficient } from '../../worker/rlhf/ppo.js';
import { expectedGrade } from '../../worker/rollouts/judge.js';
import { answerSeed } from '../../worker/rollouts/policy-sampler.js';
import { toRolloutEvent } from '../../worker/rollouts/rollout-event.js';
import { disagreement, repetition } from '../../worker/rollouts/rollout-metrics.js';
import { measureDifference } from '../../worker/rollouts/sampler-difference.js';

describe("a judge's grade", () => {
  const said = (grades: Record<string, number>) =>
    Object.entries(grades).map(([text, probability]) => ({ text, logProb: Math.log(probability) }));

  it('is what the digits say on average, whatever else might be said', () => {
    expect(expectedGrade(said({ '9': 0.3, ' 0': 0.3, The: 0.4 }))).toBeCloseTo(0.5, 12);
    expect(expectedGrade(said({ '6': 0.5 }))).toBeCloseTo(6 / 9, 12);
  });

  it('is none when hardly any digit is said', () => {
    expect(expectedGrade(said({ The: 0.9, '7': 0.001 }))).toBeNull();
  });
});

describe('seeds of answers', () => {
  it('differ by step, prompt and place, and are the same again', () => {
    const seeds = [0, 1, 2].flatMap((step) =>
      [0, 1, 2].flatMap((prompt) => [0, 1, 2].map((place) => answerSeed(42, step, prompt, place))),
    );
    expect(new Set(seeds).size).toBe(27);
    expect(answerSeed(42, 2, 1, 0)).toBe(seeds[21]);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 0xffff_ffff)).toBe(true);
  });
});

describe('what a rollout is told by', () => {
  it('counts triples of tokens that were said before', () => {
    expect(repetition(Int32Array.of(1, 2, 3, 4, 5))).toBe(0);
    expect(repetition(Int32Array.of(1, 2, 3, 1, 2, 3))).toBe(0.25);
    expect(repetition(Int32Array.of(7, 7, 7, 7, 7))).toBeCloseTo(2 / 3, 12);
    expect(repetition(Int32Array.of(1, 2))).toBe(0);
  });

  it('compares two judges pair by pair, where both tell answers apart', () => {
    const scores = (own: (number | null)[], other: (number | null)[]) => [
      own.map((value, index) => ({ own: value, other: other[index] ?? null })),
    ];
    expect(disagreement(scores([1, 2, 3], [1, 2, 3]))).toBe(0);
    expect(disagreement(scores([1, 2, 3], [3, 2, 1]))).toBe(1);
    expect(disagreement(scores([1, 2, 2], [2, 1, 3]))).toBeCloseTo(1 / 2, 12);
    expect(disagreement(scores([1, 1], [1, 2]))).toBeNull();
    expect(disagreement(scores([1, null], [1, 2]))).toBeNull();
  });

  it('measures how far sampler and trainer are apart', () => {
    const pair = { trainer: Float32Array.of(-1, -2), sampler: Float32Array.of(-1.5, -2) };
    expect(measureDifference([pair])).toEqual({ mean: 0.25, max: 0.5 });
    expect(measureDifference([])).toEqual({ mean: 0, max: 0 });
  });

  it('is a message of bounded size, whatever was sampled', () => {
    const logProbs = new Float32Array(4);
    const answer = { tokens: new Int32Array(4), text: '\u{1f600}'.repeat(5000), ended: false, logProbs };
    const judged = { reward: 1, ended: false, logProbs, refLogProbs: logProbs, values: logProbs };
    const group = {
      prompt: new Int32Array(2),
      turns: [{ role: 'user', content: 'x'.repeat(9000) } as const],
      answers: Array.from({ length: 64 }, () => answer),
      rewarded: Array.from({ length: 64 }, () => ({ rewards: { length: 1, judge: null }, total: 1 })),
      judged: Array.from({ length: 64 }, () => judged),
    };
    const groups = Array.from({ length: 20 }, () => group);
    const event = toRolloutEvent(
      1,
      groups,
      groups.map(() => []),
    );
    expect(runEventSchema.parse(event)).toEqual(event);
    expect(event.groups).toHaveLength(rolloutTold.groups);
    expect(event.groups[0]?.answers[0]?.text).toMatch(/^(?:\u{1f600})+…$/u);
  });
});

describe('the best of some answers', () => {
  it('are those of the highest rewards, the earlier of equals', () => {
    expect(bestAnswers([0.2, 0.9, null, 0.9, 0.1], 1)).toEqual([1]);
    expect(bestAnswers([0.2, 0.9, null, 0.9, 0.1], 3)).toEqual([1, 3, 0]);
  });

  it('are none where nothing is better than the rest', () => {
    expect(bestAnswers([0.5, 0.5], 1)).toEqual([]);
    expect(bestAnswers([null, null], 1)).toEqual([]);
  });
});

describe('an adaptive KL coefficient', () => {
  it('rises above the target, falls below it, and never by more than a fifth of the answers', () => {
    const adapt = (kl: number) => adaptKlCoefficient(0.1, { kl, target: 6, answers: 1000 });
    expect(adapt(6)).toBe(0.1);
    expect(adapt(7.2)).toBeCloseTo(0.102, 12);
    expect(adapt(600)).toBeCloseTo(0.102, 12);
    expect(adapt(0)).toBeCloseTo(0.098, 12);
  });
});

describe('rewards', () => {
  it('are named by what they are, and counted', () => {
    const rewards = [
      { type: 'check', check: { kind: 'json' } },
      { type: 'model', versionId: 'a' },
      { type: 'check', check: { kind: 'json' } },
      { type: 'judge', prompt: 'kind?' },
      { type: 'model', versionId: 'b' },
    ].map((reward) => rewardSchema.parse(reward));
    expect(nameRewards(rewards)).toEqual(['json', 'model', 'json_2', 'judge', 'model_2']);
  });

  it.each([
    ['check:ends_with_question', { type: 'check', check: { kind: 'ends_with_question' }, weight: 1 }],
    ['check:length,max=20@0.5', { type: 'check', check: { kind: 'length', max: 20 }, weight: 0.5 }],
    [
      'check:contains,texts=red|blue,need=any',
      { type: 'check', check: { texts: ['red', 'blue'], need: 'any' } },
    ],
    [
      'check:json_schema,schema={"type":"object","required":["a"],"title":"x,y=z"}',
      { type: 'check', check: { schema: { type: 'object', required: ['a'], title: 'x,y=z' } } },
    ],
    [
      'check:matches,pattern=a{1,3}[,b]=",caseSensitive=true@2',
      { type: 'check', check: { pattern: 'a{1,3}[,b]="', caseSensitive: true }, weight: 2 },
    ],
    ['check:matches,pattern=5', { type: 'check', check: { pattern: '5' } }],
    ['check:arithmetic,result=-2.5', { type: 'check', check: { result: -2.5 } }],
    ['check:length,min=2,max=20', { type: 'check', check: { min: 2, max: 20 } }],
    ['model:/runs/a.gguf@-1', { type: 'model', versionId: '/runs/a.gguf', weight: -1 }],
    ['judge:Is it kind, and short?', { type: 'judge', prompt: 'Is it kind, and short?', versionId: null }],
  ])('are read from the command line: %s', (typed, reward) => {
    expect(parseReward(typed)).toMatchObject(reward);
  });

  it.each([
    ...['', 'check:', 'check:nothing', 'check:length', 'check:constructor,a=1', 'lottery:1'],
    ...['check:length,max=', 'check:length,max=20,most=30', 'check:json_schema,schema={"type"'],
  ])('that cannot be read are refused: %j', (typed) => {
    expect(() => parseReward(typed)).toThrow(/--reward/);
  });

  it('come with their run, adapters by their paths, and with no run that learns from none', () => {
    const files = ['--model', 'a.gguf', '--data', 'b.jsonl'];
    const { request } = parseRunArguments(
      ['grpo', ...files, '--reward', 'model:/judge.gguf', '--reward', 'check:json', '--group-size', '4'],
      ['model'],
    );
    expect(request.config).toMatchObject({
      kind: 'grpo',
      groupSize: 4,
      rewards: [{ type: 'model' }, { type: 'check' }],
    });
    expect(request.rewardAdapters).toEqual({ '/judge.gguf': '/judge.gguf' });
    expect(() => parseRunArguments(['dpo', ...files, '--reward', 'check:json'], [])).toThrow(/--reward/);
  });
});
