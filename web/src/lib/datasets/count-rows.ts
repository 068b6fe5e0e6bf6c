import type { DataCounts } from '$contracts';

/** Rows of all kinds and both parts. */
export function countRows(counts: DataCounts): number {
  return Object.values(counts).reduce((sum, { train, held_out }) => sum + train + held_out, 0);
}
