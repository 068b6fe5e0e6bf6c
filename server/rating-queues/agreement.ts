/**
 * How far raters agree, corrected for chance. Categories are names without an order: `tie` lies between the two sides, but `both_bad`
 * lies nowhere.
 */
import type { Agreement } from '../../common/contracts/rating-queues.js';

/** One rater's word on one pair. */
export interface Judgement {
  pairId: string;
  raterId: string;
  raterName: string;
  outcome: string;
}

/** Judgements of one pair by their outcome. */
type Tally = ReadonlyMap<string, number>;

export function measureAgreement(judgements: readonly Judgement[]): Agreement {
  const judged = [...groupBy(judgements, ({ pairId }) => pairId).values()].filter(({ length }) => length > 1);
  const tallies = judged.map((pair) => tally(pair.map(({ outcome }) => outcome)));
  return {
    pairs: judged.length,
    alpha: krippendorffAlpha(tallies),
    fleissKappa: fleissKappa(ofCommonSize(tallies)),
    raters: listRaterPairs(judgements),
  };
}

/**
 * Krippendorff's alpha for nominal data; pairs may have been judged by different numbers of people.
 *
 * @param tallies  of pairs with two judgements or more
 * @returns null without any, or when everybody always said the same one thing, which leaves nothing to agree on
 * @source Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section C
 */
export function krippendorffAlpha(tallies: readonly Tally[]): number | null {
  const totals = new Map<string, number>();
  let observed = 0;
  for (const counts of tallies) {
    const size = sizeOf(counts);
    for (const [outcome, count] of counts) {
      totals.set(outcome, (totals.get(outcome) ?? 0) + count);
      observed += (count * (size - count)) / (size - 1);
    }
  }
  const all = sizeOf(totals);
  const expected = [...totals.values()].reduce((sum, count) => sum + count * (all - count), 0) / (all - 1);
  return expected > 0 ? 1 - observed / expected : null;
}

/**
 * Fleiss' kappa: as many judgements of every pair.
 *
 * @returns null without pairs, or when only one thing was ever said
 * @source Fleiss 1971, https://doi.org/10.1037/h0031619
 */
export function fleissKappa(tallies: readonly Tally[]): number | null {
  const [first] = tallies;
  if (!first) return null;
  const size = sizeOf(first);
  const observed = mean(
    tallies.map((counts) => sumOf(counts, (count) => count * (count - 1)) / (size * (size - 1))),
  );
  const totals = tally(
    tallies.flatMap((counts) => [...counts].flatMap(([name, count]) => repeat(name, count))),
  );
  const all = sizeOf(totals);
  return correctForChance(
    observed,
    sumOf(totals, (count) => (count / all) ** 2),
  );
}

/**
 * Cohen's kappa of two raters.
 *
 * @param both  what each of them said of the same pairs
 * @returns null without pairs, or when both only ever said the same one thing
 * @source Cohen 1960, https://doi.org/10.1177/001316446002000104
 */
export function cohenKappa(both: readonly (readonly [string, string])[]): number | null {
  if (both.length === 0) return null;
  const firsts = tally(both.map(([first]) => first));
  const seconds = tally(both.map(([, second]) => second));
  const expected = sumOf(firsts, (count, name) => count * (seconds.get(name) ?? 0)) / both.length ** 2;
  return correctForChance(mean(both.map(([first, second]) => Number(first === second))), expected);
}

const correctForChance = (observed: number, expected: number) =>
  expected < 1 ? (observed - expected) / (1 - expected) : null;

/** Those that as many people judged as most of them; of equals, the larger number. */
function ofCommonSize(tallies: readonly Tally[]): Tally[] {
  const sizes = [...groupBy(tallies, sizeOf)].sort(([a, x], [b, y]) => y.length - x.length || b - a);
  return sizes[0]?.[1] ?? [];
}

function listRaterPairs(judgements: readonly Judgement[]): Agreement['raters'] {
  const byRater = [...groupBy(judgements, ({ raterId }) => raterId).values()];
  return byRater.flatMap((mine, index) =>
    byRater.slice(index + 1).flatMap((theirs) => {
      const said = new Map(theirs.map(({ pairId, outcome }) => [pairId, outcome]));
      const both = mine.flatMap(({ pairId, outcome }): [string, string][] => {
        const other = said.get(pairId);
        return other === undefined ? [] : [[outcome, other]];
      });
      const [first, second] = [mine[0]?.raterName ?? '', theirs[0]?.raterName ?? ''];
      const same = mean(both.map(([a, b]) => Number(a === b)));
      return both.length === 0
        ? []
        : [{ first, second, pairs: both.length, same, cohenKappa: cohenKappa(both) }];
    }),
  );
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** How often each was said. */
export function tally(names: readonly string[]): Map<string, number> {
  return new Map([...groupBy(names, (name) => name)].map(([name, { length }]) => [name, length]));
}

const sizeOf = (counts: Tally) => sumOf(counts, (count) => count);
const sumOf = (counts: Tally, weigh: (count: number, name: string) => number) =>
  [...counts].reduce((sum, [name, count]) => sum + weigh(count, name), 0);
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
const repeat = (name: string, count: number) => Array.from({ length: count }, () => name);
