/** Small pure parts of the page. */
import { describe, expect, it } from 'vitest';
import { groupByAge } from '../../../web/src/lib/chat/conversation-groups.js';
import { excerptParts } from '../../../web/src/lib/chat/excerpt.js';
import { alternativesOf, perplexity, rankOf } from '../../../web/src/lib/tokens/probability.js';

const token = (text: string, probability: number) => ({
  text,
  bytes: [...new TextEncoder().encode(text)],
  logProb: Math.log(probability),
});

describe('an excerpt', () => {
  it('is taken apart at the marks around its hits', () => {
    expect(excerptParts('the \u0002blue\u0003 sky, so \u0002blue\u0003')).toEqual([
      { text: 'the ', hit: false },
      { text: 'blue', hit: true },
      { text: ' sky, so ', hit: false },
      { text: 'blue', hit: true },
    ]);
  });

  it('without a hit is one piece', () => {
    expect(excerptParts('nothing')).toEqual([{ text: 'nothing', hit: false }]);
  });
});

describe('a token’s rivals', () => {
  const drawn = { ...token(' sky', 0.2), top: [token(' sea', 0.5), token(' sky', 0.2), token(' end', 0.1)] };

  it('stand in order of probability, the drawn token among them once', () => {
    expect(alternativesOf(drawn).map(({ text, chosen }) => [text, chosen])).toEqual([
      [' sea', false],
      [' sky', true],
      [' end', false],
    ]);
    expect(rankOf(drawn)).toBe(2);
  });

  it('include a drawn token that was not among the likeliest', () => {
    const rare = { ...token(' fig', 0.001), top: [token(' sea', 0.5)] };
    expect(alternativesOf(rare).map(({ text }) => text)).toEqual([' sea', ' fig']);
    expect(rankOf(rare)).toBeNull();
  });

  it('give a perplexity: what a fair choice among as many would have', () => {
    expect(perplexity([0.25, 0.25, 0.25].map((p) => ({ ...token('x', p), top: [] })))).toBeCloseTo(4);
    expect(perplexity([])).toBeNaN();
  });
});

describe('conversations in the list', () => {
  it('are grouped by the day they were last talked in', () => {
    const now = new Date(2030, 4, 20, 12);
    const at = (id: string, daysAgo: number) => ({
      id,
      title: id,
      pinned: false,
      folderId: null,
      createdAt: now.toISOString(),
      updatedAt: new Date(now.getTime() - daysAgo * 86_400_000).toISOString(),
    });
    const groups = groupByAge([at('a', 0), at('b', 1), at('c', 3), at('d', 20), at('e', 200)], now);
    expect(groups.map(({ age, conversations }) => [age, conversations.map(({ id }) => id)])).toEqual([
      ['today', ['a']],
      ['yesterday', ['b']],
      ['week', ['c']],
      ['month', ['d']],
      ['older', ['e']],
    ]);
  });
});
