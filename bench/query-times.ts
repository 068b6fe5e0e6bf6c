/** Times queries in turn, so that all of them meet the same minutes of the machine. */
import { quantile } from './statistics.js';

export type Query = () => Promise<unknown>;

/** @returns a row each: its name, p50 and p95 in ms, over `times` rounds after one that is not counted */
export async function timeQueries(
  queries: Record<string, Query>,
  times: number,
  say: (line: string) => void,
): Promise<(string | number)[][]> {
  const samples = new Map(Object.keys(queries).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= times; round++) {
    say(`round ${round} of ${times}`);
    for (const [name, query] of Object.entries(queries)) {
      const start = performance.now();
      await query();
      if (round > 0) samples.get(name)?.push(performance.now() - start);
    }
  }
  return [...samples].map(([name, times]) => [
    name,
    Math.round(quantile(times, 0.5)),
    Math.round(quantile(times, 0.95)),
  ]);
}
