import { describe, expect, it } from 'vitest';
import type { EvaluationResult } from '../../common/contracts/evaluations.js';
import { judge, toWinRate, votesToPass, wilsonLowerBound } from '../../server/evaluations/gate.js';

const measures = { accuracy: 0.5, perplexity: 10, answerLength: 100 };
const result = (pairs: number, wins: number, passes = true): EvaluationResult => ({
  pairs,
  wins,
  votes: { count: pairs, won: wins },
  dropped: 0,
  margin: 1,
  candidate: measures,
  live: measures,
  parity: { tokens: 10, meanDifference: 0, baseDifference: 0, passes },
});
const noVotes = toWinRate(0, 0);

describe("Wilson's lower bound", () => {
  it('is what the textbook says', () => {
    expect(wilsonLowerBound(0.5, 100)).toBeCloseTo(0.40383, 5);
    expect(wilsonLowerBound(1, 10)).toBeCloseTo(10 / (10 + 1.959964 ** 2), 6);
    expect(wilsonLowerBound(0, 10)).toBe(0);
  });

  it.each([
    [0.55, 385],
    [0.6, 97],
    [0.65, 43],
  ])('passes one half at %d of the votes after %d of them, and not one earlier', (rate, votes) => {
    expect(votesToPass(rate)).toBe(votes);
    expect(wilsonLowerBound(rate, votes)).toBeGreaterThan(0.5);
    expect(wilsonLowerBound(rate, votes - 1)).toBeLessThanOrEqual(0.5);
  });

  it('is never passed by a version that wins half of its battles or fewer', () => {
    expect(votesToPass(0.5)).toBeNull();
    expect(votesToPass(0.4)).toBeNull();
  });

  it('says how many votes are missing', () => {
    expect(toWinRate(30, 50)).toMatchObject({ rate: 0.6, votesNeeded: 47 });
    expect(toWinRate(90, 150).votesNeeded).toBe(0);
  });
});

describe('the gate', () => {
  it('is closed without an evaluation, whatever people say', () => {
    expect(judge(toWinRate(400, 400), [])).toMatchObject({
      passes: false,
      reason: 'not_evaluated',
      by: null,
    });
  });

  it('is closed to a version that the server computes otherwise than the trainer', () => {
    expect(judge(noVotes, [result(100, 100, false)])).toMatchObject({ passes: false, reason: 'parity' });
  });

  it('asks held-out pairs while there are few votes', () => {
    expect(judge(toWinRate(0, 29), [result(8, 7)])).toMatchObject({
      passes: true,
      by: 'held_out',
      reason: null,
    });
    expect(judge(noVotes, [result(12, 8)])).toMatchObject({
      passes: false,
      by: 'held_out',
      reason: 'unproven',
    });
  });

  it('is opened by no fewer than eight held-out prompts, and says how many are missing', () => {
    const gate = judge(noVotes, [result(4, 4)]);
    expect(gate).toMatchObject({ passes: false, by: 'held_out', reason: 'unproven' });
    expect(gate.heldOut).toMatchObject({ rate: 1, votes: 4, votesNeeded: 4 });
    expect(judge(noVotes, [result(7, 7)]).passes).toBe(false);
    expect(judge(noVotes, [result(8, 6)])).toMatchObject({ passes: false, reason: 'unproven' });
    expect(judge(noVotes, [result(8, 7)])).toMatchObject({ passes: true, heldOut: { votesNeeded: 0 } });
  });

  it('counts prompts and not the pairs that they make', () => {
    const onePick = { ...result(40, 40), votes: { count: 1, won: 1 } };
    expect(judge(noVotes, [onePick])).toMatchObject({ passes: false, heldOut: { votes: 1 } });
    const { votes: _, ...before } = result(40, 40);
    expect(judge(noVotes, [before])).toMatchObject({ passes: false, reason: 'not_evaluated' });
  });

  it('remembers a set that failed until that set passes, whatever is judged without it', () => {
    const set = {
      id: '00000000-0000-4000-8000-000000000000',
      name: 'the set',
      purpose: 'safety' as const,
      prompts: 1,
      checked: 1,
      candidatePasses: 0,
      livePasses: 1,
      lost: 1,
    };
    const good = result(100, 100);
    const failed = { ...good, promptSets: [{ ...set, passes: false }] };
    const unchecked = { ...good, promptSets: [{ ...set, checked: 0, passes: null }] };
    const passed = { ...good, promptSets: [{ ...set, passes: true }] };
    expect(judge(noVotes, [good, failed])).toMatchObject({ reason: 'safety', failedSets: ['the set'] });
    expect(judge(noVotes, [unchecked, failed]).reason).toBe('safety');
    expect(judge(noVotes, [good, passed, failed]).passes).toBe(true);
    expect(judge(noVotes, [failed, passed]).reason).toBe('safety');
  });

  it('asks people as soon as there are enough of them', () => {
    const gate = judge(toWinRate(12, 30), [result(100, 100)]);
    expect(gate).toMatchObject({ passes: false, by: 'people', reason: 'votes_against' });
    expect(judge(toWinRate(25, 30), [result(100, 10)])).toMatchObject({ passes: true, by: 'people' });
  });

  it('is closed by a safety or regression set that fails, whatever votes and pairs say, and names it', () => {
    const set = (purpose: 'safety' | 'regression' | 'quality', passes: boolean | null) => ({
      id: `the id of ${purpose}`,
      name: `the ${purpose} set`,
      purpose,
      prompts: 2,
      checked: 2,
      candidatePasses: 1,
      livePasses: 2,
      lost: 1,
      passes,
    });
    const judged = (...promptSets: ReturnType<typeof set>[]) =>
      judge(toWinRate(400, 400), [{ ...result(100, 100), promptSets }]);
    expect(judged(set('regression', false))).toMatchObject({
      passes: false,
      reason: 'regression',
      failedSets: ['the regression set'],
    });
    expect(judged(set('regression', false), set('safety', false)).reason).toBe('safety');
    expect(judged(set('regression', true), set('safety', true), set('quality', null)).passes).toBe(true);
  });

  it('shows a reward model’s word, and is not moved by it', () => {
    const reward = { rewardName: 'judge', prompts: 100, wins: 100, candidateMean: 1, liveMean: 0 };
    const gate = judge(noVotes, [{ ...result(12, 8), reward }]);
    expect(gate).toMatchObject({ passes: false, reason: 'unproven', reward: { rate: 1, votes: 100 } });
    expect(judge(noVotes, [result(8, 7)]).reward).toBeNull();
  });
});
