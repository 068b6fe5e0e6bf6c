/**
 * Standing of model versions from blind comparisons: Bradley-Terry ratings with bootstrap intervals, and who beat whom.
 *
 * Pure: battles in, standing out. The order of the battles changes nothing, and the bootstrap draws from a seeded generator, so that the
 * same battles always give the same table.
 */
import { setImmediate } from 'node:timers/promises';
import { drawGamma, seededRandom } from '../../../common/random/seeded-random.js';
import { fitBradleyTerry, type BradleyTerryFit, type Pairing } from './bradley-terry.js';

export interface Battle {
  a: string;
  b: string;
  outcome: 'a' | 'b' | 'tie';
  /** Length of a's answer over b's, natural log; wanted by the length-controlled variant. */
  logLengthRatio?: number | null;
  /** How many battles were like this; 1 unless given. */
  count?: number;
}

export interface Standing {
  name: string;
  /** 1000 + 400 log10(strength); 400 points are odds of ten to one. */
  rating: number;
  /** 95 % percentile interval of the rating; null below `minVotes`. */
  interval: readonly [low: number, high: number] | null;
  votes: number;
  /** Too few votes to be ranked. */
  isProvisional: boolean;
}

export interface Leaderboard {
  /** Best first; behind them those that have too few votes to be ranked. */
  standings: Standing[];
  /** `wins[i][j]`: share of battles that standing i won against standing j, ties half; null when they never met. */
  wins: (number | null)[][];
  /** True when some versions cannot be compared by the battles alone; see `BradleyTerryFit`. */
  isRegularised: boolean;
}

export interface LeaderboardOptions {
  /** Rates the versions at equal length of answer. */
  isLengthControlled?: boolean;
  /** Votes below which a version is provisional. */
  minVotes?: number;
  bootstrapRounds?: number;
  seed?: number;
}

const pointsPerNat = 400 / Math.LN10;
/** Width of the bins that length ratios are counted in: about 20 % of length. */
export const lengthBin = 0.2;
/** A round begins at the fit of all battles, from where two or three steps are enough: a thousandth of a nat is 0.2 points. */
const bootstrapTolerance = 1e-3;
const roundsAtOnce = 20;

export async function buildLeaderboard(
  battles: readonly Battle[],
  options: LeaderboardOptions = {},
): Promise<Leaderboard> {
  const { isLengthControlled = false, minVotes = 30, bootstrapRounds = 1000, seed = 42 } = options;
  const names = [...new Set(battles.flatMap(({ a, b }) => [a, b]))].sort();
  if (names.length === 0) return { standings: [], wins: [], isRegularised: false };

  const cells = countCells(battles, names, isLengthControlled);
  const fit = fitBradleyTerry(toPairings(cells), names.length);
  const rounds = await bootstrap(cells, fit, { rounds: bootstrapRounds, seed });
  const votes = names.map((_, player) =>
    cells.reduce((sum, { a, b, count }) => sum + (a === player || b === player ? count : 0), 0),
  );
  const standings = names.map((name, player) => {
    const isProvisional = (votes[player] ?? 0) < minVotes;
    return {
      player,
      name,
      rating: toRating(fit.strengths[player] ?? 0),
      interval: isProvisional
        ? null
        : percentileInterval(rounds.map((round) => toRating(round[player] ?? 0))),
      votes: votes[player] ?? 0,
      isProvisional,
    };
  });
  standings.sort(
    (left, right) =>
      Number(left.isProvisional) - Number(right.isProvisional) ||
      right.rating - left.rating ||
      left.name.localeCompare(right.name),
  );
  return {
    wins: winShares(
      cells,
      standings.map(({ player }) => player),
    ),
    standings: standings.map(({ player: _player, ...standing }) => standing),
    isRegularised: fit.isRegularised,
  };
}

/** Equal battles, counted; `score` is what `a` got: 1, 0.5 or 0. */
interface Cell {
  a: number;
  b: number;
  score: number;
  covariate: number;
  count: number;
}

const scores = { a: 1, tie: 0.5, b: 0 } as const;

function countCells(
  battles: readonly Battle[],
  names: readonly string[],
  isLengthControlled: boolean,
): Cell[] {
  const indexes = new Map(names.map((name, index) => [name, index]));
  const cells = new Map<string, Cell>();
  for (const battle of battles) {
    const first = indexes.get(battle.a) ?? 0;
    const second = indexes.get(battle.b) ?? 0;
    if (first === second) continue;
    const bin = isLengthControlled ? Math.round((battle.logLengthRatio ?? 0) / lengthBin) : 0;
    // One cell for a pair, whichever side it stood on.
    const [a, b, score, signedBin] =
      first < second
        ? [first, second, scores[battle.outcome], bin]
        : [second, first, 1 - scores[battle.outcome], -bin];
    const key = `${a} ${b} ${score} ${signedBin}`;
    const cell = cells.get(key) ?? { a, b, score, covariate: signedBin * lengthBin, count: 0 };
    cell.count += battle.count ?? 1;
    cells.set(key, cell);
  }
  // Sorted, since floating-point sums depend on their order and the table must not depend on that of the votes.
  return [...cells.values()].sort(
    (x, y) => x.a - y.a || x.b - y.b || x.covariate - y.covariate || x.score - y.score,
  );
}

/** One for each pair and covariate, the outcomes added up; `weights` in place of the cells' counts. */
function toPairings(cells: readonly Cell[], weights?: Float64Array): Pairing[] {
  const pairings: Pairing[] = [];
  let last: Pairing | undefined;
  // Cells of one pairing stand together, for they are sorted.
  for (const [index, { a, b, score, covariate, count }] of cells.entries()) {
    const weight = weights?.[index] ?? count;
    if (last?.a !== a || last.b !== b || last.covariate !== covariate) {
      last = { a, b, wins: 0, battles: 0, covariate };
      pairings.push(last);
    }
    last.wins += score * weight;
    last.battles += weight;
  }
  return pairings;
}

const toRating = (strength: number): number => 1000 + pointsPerNat * strength;

/**
 * Strengths under `rounds` reweightings of the battles. A battle's weight is exponential, so a cell's is gamma: the battles need not be
 * drawn one by one, and no pair of versions is ever left without a battle.
 *
 * @source Rubin 1981, The Bayesian bootstrap
 */
async function bootstrap(
  cells: readonly Cell[],
  fit: BradleyTerryFit,
  { rounds, seed }: { rounds: number; seed: number },
): Promise<Float64Array[]> {
  const random = seededRandom(seed);
  const weights = new Float64Array(cells.length);
  const strengths: Float64Array[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [index, { count }] of cells.entries()) weights[index] = drawGamma(random, count);
    const options = { from: fit, tolerance: bootstrapTolerance };
    strengths.push(fitBradleyTerry(toPairings(cells, weights), fit.strengths.length, options).strengths);
    // The server has others to answer meanwhile.
    if (round % roundsAtOnce === 0) await setImmediate();
  }
  return strengths;
}

function percentileInterval(values: readonly number[]): readonly [number, number] {
  const sorted = [...values].sort((left, right) => left - right);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return [at(0.025), at(0.975)];
}

function winShares(cells: readonly Cell[], order: readonly number[]): (number | null)[][] {
  return order.map((row) =>
    order.map((column) => {
      const met = cells.filter(({ a, b }) => (a === row && b === column) || (a === column && b === row));
      const battles = met.reduce((sum, { count }) => sum + count, 0);
      const won = met.reduce((sum, { a, score, count }) => sum + count * (a === row ? score : 1 - score), 0);
      return battles === 0 ? null : won / battles;
    }),
  );
}
