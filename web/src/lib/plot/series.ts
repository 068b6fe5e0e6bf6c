/** Lines as a chart is given them, and what has to be done to them before it can draw. */

export interface Point {
  x: number;
  y: number;
}

export interface LineSeries {
  /** Distinguishes it from the others to a reader. */
  name: string;
  /** In order of x. */
  points: readonly Point[];
  /** Few points that are averages already: never smoothed, and each is marked. */
  isSparse?: boolean;
}

/**
 * Exponential moving average, corrected for its beginning: the first value is the first point's own.
 *
 * @param weight  of what came before; 0 leaves the line as it is, below 1
 */
export function smoothed(points: readonly Point[], weight: number): Point[] {
  let average = 0;
  let total = 0;
  return points.map(({ x, y }) => {
    average = weight * average + (1 - weight) * y;
    total = weight * total + (1 - weight);
    return { x, y: average / total };
  });
}

/**
 * One column of x and one of y a series, null where a series has no point.
 *
 * @returns columns of equal length, x first and ascending
 */
export function aligned(series: readonly (readonly Point[])[]): [number[], ...(number | null)[][]] {
  const xs = [...new Set(series.flatMap((points) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const rowOf = new Map(xs.map((x, row) => [x, row]));
  const columns = series.map((points) => {
    const column = new Array<number | null>(xs.length).fill(null);
    for (const { x, y } of points) column[rowOf.get(x) ?? 0] = Number.isFinite(y) ? y : null;
    return column;
  });
  return [xs, ...columns];
}
