import { describe, expect, it } from 'vitest';
import { checkSchema, type StatedCheck } from '../../common/contracts/checks.js';
import {
  checkAnswer,
  estimateKl,
  summariseRewards,
  summariseSet,
  type ComparedAnswers,
} from '../../worker/runs/compare-answers.js';

const prompt = (content: string, ...checks: StatedCheck[]) => ({
  messages: [{ role: 'user' as const, content }],
  checks: checks.map((check) => checkSchema.parse(check)),
});
const question = prompt('Hi?', { kind: 'ends_with_question' });
const compared = (candidate: string, live: string): ComparedAnswers => ({
  candidate: checkAnswer(question, candidate, null),
  live: checkAnswer(question, live, null),
});
const set = { id: '00000000-0000-4000-8000-000000000000', name: 'Basics' };

describe('an answer', () => {
  it('passes when it keeps every rule that says something', () => {
    const both = prompt('What is 3 + 4?', { kind: 'ends_with_question' }, { kind: 'arithmetic' });
    expect(checkAnswer(both, '7. Right?', 0.5)).toMatchObject({
      kept: [true, true],
      passes: true,
      score: 0.5,
    });
    expect(checkAnswer(both, '7.', null)).toMatchObject({ kept: [false, true], passes: false });
    const silent = prompt('Hello', { kind: 'arithmetic' });
    expect(checkAnswer(silent, 'Hi', null)).toMatchObject({ kept: [null], passes: null });
    expect(checkAnswer(prompt('Hello'), 'Hi', null).passes).toBeNull();
  });

  it('fails a length that it misses by little', () => {
    const short = prompt('Tell me.', { kind: 'length', unit: 'characters', max: 3 });
    expect(checkAnswer(short, 'four', null).passes).toBe(false);
  });
});

describe('a set', () => {
  const answers = [compared('Well?', 'Well.'), compared('Well.', 'Well?'), compared('Well?', 'Well?')];

  it('lets a version go live while it fails no fewer, for regression, and loses none, for safety', () => {
    const counts = { prompts: 3, checked: 3, candidatePasses: 2, livePasses: 2, lost: 1 };
    expect(summariseSet({ ...set, purpose: 'regression' }, answers)).toMatchObject({
      ...counts,
      passes: true,
    });
    expect(summariseSet({ ...set, purpose: 'safety' }, answers)).toMatchObject({ ...counts, passes: false });
    expect(summariseSet({ ...set, purpose: 'quality' }, answers)).toMatchObject({ ...counts, passes: null });
    const worse = answers.slice(1);
    expect(summariseSet({ ...set, purpose: 'regression' }, worse).passes).toBe(false);
  });

  it('decides nothing without a single verdict', () => {
    const mute = { candidate: checkAnswer(prompt('Hi'), 'a', 1), live: checkAnswer(prompt('Hi'), 'b', 2) };
    expect(summariseSet({ ...set, purpose: 'safety' }, [mute])).toMatchObject({ checked: 0, passes: null });
  });
});

describe('a reward model’s word', () => {
  it('counts equals half', () => {
    const scores = [
      [2, 1],
      [0, 1],
      [1, 1],
    ] as const;
    expect(summariseRewards('judge', scores)).toEqual({
      rewardName: 'judge',
      prompts: 3,
      wins: 1.5,
      candidateMean: 1,
      liveMean: 1,
    });
  });
});

describe('KL', () => {
  it('is nothing between equals, and never negative by what both give the candidate’s own tokens', () => {
    expect(estimateKl([[-1, -2], [-3]], [[-1, -2], [-3]])).toBe(0);
    const k3 = (difference: number) => Math.exp(difference) - difference - 1;
    const apart = estimateKl([[-1, -2], [-3]], [[-2, -1], [-3.5]]);
    expect(apart).toBeCloseTo((k3(-1) + k3(1) + k3(-0.5)) / 2, 12);
    expect(estimateKl([], [])).toBeNull();
  });
});
