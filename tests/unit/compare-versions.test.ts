import { describe, expect, it } from 'vitest';
import { compareSides, compareVersions } from '../../worker/runs/compare-versions.js';
import { matchThumbs } from '../../worker/runs/matched-thumbs.js';

const pair = (better: number, worse: number, prompt = `${better}`) => ({
  prompt,
  better: { logProb: better, tokens: 2 },
  worse: { logProb: worse, tokens: 2 },
});
const sides = { trainer: [-1, -2], server: [-1, -2], trainerBase: [-1, -2], serverBase: [-1, -2] };

describe('a candidate against what is live', () => {
  const live = {
    pairs: [pair(-4, -2), pair(-2, -4), pair(-3, -3)],
    dropped: 1,
    answers: ['four', '四字字字字字'],
  };

  it('wins the pairs on which it leans more to the better answer', () => {
    const candidate = { ...live, pairs: [pair(-3, -3), pair(-3, -4), pair(-3, -3)], answers: ['ab'] };
    expect(compareVersions(candidate, live, sides)).toMatchObject({
      pairs: 3,
      dropped: 1,
      wins: 1,
      // Answers of two tokens.
      margin: (2 - 1 + 0) / 3 / 2,
      candidate: { accuracy: 1 / 3, perplexity: Math.exp(9 / 6), answerLength: 2 },
      live: { accuracy: 1 / 3, answerLength: 5 },
    });
  });

  it('has one vote a prompt, which the mean of its pairs decides', () => {
    const version = (...better: number[]) => ({
      pairs: better.map((logProb, index) => pair(logProb, -3, index < 4 ? 'picked' : `asked ${index}`)),
      dropped: 0,
      answers: [],
    });
    const before = version(-3, -3, -3, -3, -3, -3);
    const votesOf = (...better: number[]) => compareVersions(version(...better), before, sides).votes;
    expect(votesOf(-2, -2, -2, -2, -2, -4)).toEqual({ count: 3, won: 2 });
    expect(votesOf(-2, -2, -2, -9, -2, -2)).toEqual({ count: 3, won: 2 });
    expect(compareVersions(before, before, sides).votes).toEqual({ count: 3, won: 0 });
  });

  it('wins nothing by being elsewhere, though that costs the long answers more that people do not like', () => {
    const said = (better: number, worse: number) => ({
      pairs: [{ prompt: '', better: { logProb: better, tokens: 10 }, worse: { logProb: worse, tokens: 40 } }],
      dropped: 0,
      answers: [],
    });
    const drifted = compareVersions(said(-15, -60), said(-10, -40), sides);
    expect(drifted).toMatchObject({ wins: 0, margin: 0 });
    const learnt = compareVersions(said(-8, -60), said(-10, -40), sides);
    expect(learnt).toMatchObject({ wins: 1, votes: { count: 1, won: 1 } });
    expect(learnt.margin).toBeCloseTo(0.2 + 0.5);
  });

  it('is not compared on other pairs than those of the live version', () => {
    const fewer = { ...live, pairs: live.pairs.slice(1) };
    expect(() => compareVersions(fewer, live, sides)).toThrow(/on 2 pairs and the live version on 3/);
    expect(() => compareVersions(live, fewer, sides)).toThrow(/on 3 pairs and the live version on 2/);
  });

  it('wins nothing against itself', () => {
    expect(compareVersions(live, live, sides)).toMatchObject({ wins: 0, margin: 0 });
  });

  it('finds an answer likelier by the token, not because it is short', () => {
    const long = { prompt: '', better: { logProb: -10, tokens: 10 }, worse: { logProb: -3, tokens: 1 } };
    const version = { pairs: [long], dropped: 0, answers: [] };
    expect(compareVersions(version, version, sides).candidate.accuracy).toBe(1);
  });
});

describe('thumbs', () => {
  it('make pairs of a liked and a disliked answer, each used once', () => {
    const thumb = (logProb: number, desirable: boolean, prompt = `${logProb}`) => ({
      prompt,
      answer: { logProb, tokens: 2 },
      desirable,
    });
    const thumbs = [thumb(-1, true), thumb(-2, true), thumb(-3, false), thumb(-4, true), thumb(-5, false)];
    expect(matchThumbs(thumbs)).toEqual([pair(-1, -3), pair(-2, -5)]);
    // A second one of the same side says nothing new of its prompt.
    const again = [thumb(-1, true, 'a'), thumb(-2, true, 'a'), thumb(-3, false, 'a'), thumb(-4, false, 'b')];
    expect(matchThumbs(again)).toEqual([pair(-1, -3, 'a')]);
    expect(matchThumbs(thumbs.slice(0, 2))).toEqual([]);
  });
});

describe('parity of trainer and server', () => {
  it('passes while the adapter adds little to what the base differs by', () => {
    const served = { ...sides, trainerBase: [-1.05, -2.05], server: [-1.08, -2.08] };
    expect(compareSides(served)).toMatchObject({ tokens: 2, passes: true });
  });

  it('fails when the adapter is served otherwise, or when nothing was compared', () => {
    expect(compareSides({ ...sides, server: [-1.5, -2] }).passes).toBe(false);
    expect(compareSides({ trainer: [], server: [], trainerBase: [], serverBase: [] }).passes).toBe(false);
  });
});
