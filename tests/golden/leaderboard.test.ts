import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../common/random/seeded-random.js';
import { fitBradleyTerry } from '../../server/feedback/leaderboard/bradley-terry.js';
import { buildLeaderboard, type Battle } from '../../server/feedback/leaderboard/leaderboard.js';

const golden = JSON.parse(readFileSync(new URL('./losses.json', import.meta.url), 'utf8')) as {
  bt: { 'rating=1000+400*r (mean-centred)': Record<string, number> };
};

const repeat = (count: number, battle: Battle) => Array.from({ length: count }, () => battle);
/** The counts that the golden file names. */
const battles = [
  ...repeat(6, { a: 'A', b: 'B', outcome: 'a' }),
  ...repeat(2, { a: 'A', b: 'B', outcome: 'b' }),
  ...repeat(5, { a: 'B', b: 'C', outcome: 'a' }),
  ...repeat(3, { a: 'C', b: 'B', outcome: 'a' }),
  ...repeat(7, { a: 'A', b: 'C', outcome: 'a' }),
  ...repeat(1, { a: 'A', b: 'C', outcome: 'b' }),
  ...repeat(2, { a: 'C', b: 'A', outcome: 'tie' }),
];

/** Battles between players whose strengths are given, drawn from the model itself. */
function drawBattles(
  strengths: Record<string, number>,
  { count, seed = 7, lengthEffect = 0 }: { count: number; seed?: number; lengthEffect?: number },
): Battle[] {
  const random = seededRandom(seed);
  const names = Object.keys(strengths);
  return Array.from({ length: count }, () => {
    const a = names[Math.floor(random() * names.length)]!;
    const b = names.filter((name) => name !== a)[Math.floor(random() * (names.length - 1))]!;
    // Strong players write longer answers: what makes length control worth having.
    const logLengthRatio = (strengths[a]! - strengths[b]!) * 0.5 + (random() - 0.5);
    const margin = strengths[a]! - strengths[b]! + lengthEffect * logLengthRatio;
    return { a, b, outcome: random() < 1 / (1 + Math.exp(-margin)) ? 'a' : 'b', logLengthRatio };
  });
}

describe('Bradley-Terry', () => {
  it('gives the published ratings', async () => {
    const expected = golden.bt['rating=1000+400*r (mean-centred)'];
    for (const { name, rating } of (await buildLeaderboard(battles)).standings)
      expect(rating).toBeCloseTo(expected[name]!, 6);
  });

  it('does not depend on the order of the votes or on the side that a model stood on', async () => {
    const mirrored = battles.map(({ a, b, outcome }): Battle => ({
      a: b,
      b: a,
      outcome: outcome === 'a' ? 'b' : outcome === 'b' ? 'a' : 'tie',
    }));
    expect(await buildLeaderboard([...mirrored].reverse())).toEqual(await buildLeaderboard(battles));
  });

  it('keeps strengths finite, and says so, when one model only ever won', () => {
    const fit = fitBradleyTerry([{ a: 0, b: 1, wins: 5, battles: 5 }], 2);
    expect(fit.isRegularised).toBe(true);
    expect(fit.strengths[0]).toBeGreaterThan(0);
    expect(Number.isFinite(fit.strengths[0])).toBe(true);
  });

  it('holds the true strength in about 95 of 100 intervals', async () => {
    const truth: Record<string, number> = { strong: 0.8, middle: 0, weak: -0.8 };
    const isHit: boolean[] = [];
    for (let seed = 0; seed < 60; seed++) {
      const drawn = drawBattles(truth, { count: 300, seed });
      const { standings } = await buildLeaderboard(drawn, { bootstrapRounds: 100 });
      for (const { name, interval } of standings) {
        const rating = 1000 + (400 / Math.LN10) * truth[name]!;
        isHit.push(interval![0] < rating && rating < interval![1]);
      }
    }
    const coverage = isHit.filter(Boolean).length / isHit.length;
    expect(coverage).toBeGreaterThan(0.88);
    expect(coverage).toBeLessThan(1);
  });

  it('tells strength from length when it is asked to', async () => {
    const truth = { strong: 0.4, weak: -0.4 };
    const longer = drawBattles(truth, { count: 6000, lengthEffect: 2 });
    const gap = async (isLengthControlled: boolean) => {
      const [first, second] = (await buildLeaderboard(longer, { isLengthControlled })).standings;
      return (first!.rating - second!.rating) / (400 / Math.LN10);
    };
    expect(await gap(false)).toBeGreaterThan(1.3);
    expect(Math.abs((await gap(true)) - 0.8)).toBeLessThan(0.15);
  });
});

describe('the leaderboard', () => {
  it('ranks nobody with fewer than 30 votes', async () => {
    const { standings } = await buildLeaderboard(battles);
    expect(standings.every(({ isProvisional, interval }) => isProvisional && interval === null)).toBe(true);
    const enough = (await buildLeaderboard([...battles, ...battles])).standings;
    expect(enough.map(({ votes, isProvisional }) => [votes, isProvisional])).toEqual([
      [36, false],
      [32, false],
      [36, false],
    ]);
  });

  it('puts who has too few votes behind the others, however good they look', async () => {
    const newcomer = repeat(3, { a: 'D', b: 'A', outcome: 'a' });
    const { standings, wins } = await buildLeaderboard([...battles, ...battles, ...newcomer]);
    expect(standings.map(({ name }) => name)).toEqual(['A', 'B', 'C', 'D']);
    expect(standings[3]?.rating).toBeGreaterThan(standings[0]?.rating ?? Infinity);
    expect(wins[3]?.[0]).toBe(1);
  });

  it('says who beat whom, ties half', async () => {
    const { standings, wins } = await buildLeaderboard(battles);
    expect(standings.map(({ name }) => name)).toEqual(['A', 'B', 'C']);
    expect(wins[0]).toEqual([null, 6 / 8, 8 / 10]);
    expect(wins[2]?.[0]).toBeCloseTo(2 / 10, 12);
  });

  it('is empty without battles', async () => {
    expect(await buildLeaderboard([])).toEqual({ standings: [], wins: [], isRegularised: false });
  });
});
