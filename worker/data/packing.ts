/**
 * Lays pieces of known size into bins: rows of a batch, or packs of short examples.
 */

/**
 * Best fit, largest first; deterministic.
 *
 * @param sizes     of the pieces
 * @param capacity  of a bin; a larger piece gets a bin of its own
 * @returns bins of indices into `sizes`, each in ascending order, bins by their first piece
 * @source Johnson 1973, "Near-optimal bin packing algorithms"
 */
export function packIntoBins(sizes: readonly number[], capacity: number): number[][] {
  const order = sizes.map((_, index) => index).sort((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0) || a - b);
  const bins: { room: number; pieces: number[] }[] = [];
  for (const index of order) {
    const size = sizes[index] ?? 0;
    const fitting = bins.filter(({ room }) => room >= size);
    const best = fitting.reduce<(typeof bins)[number] | null>(
      (tightest, bin) => (tightest && tightest.room <= bin.room ? tightest : bin),
      null,
    );
    if (best) {
      best.room -= size;
      best.pieces.push(index);
    } else bins.push({ room: capacity - size, pieces: [index] });
  }
  return bins.map(({ pieces }) => pieces.sort((a, b) => a - b)).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
}
