/** Who sees whom, as the additive mask that softmax takes. */
import type { TokenBatch } from './batch.js';

/**
 * @param window  how many positions back a token sees, itself included; Infinity for all
 * @returns [T keys, T queries, 1, B], 0 where the query sees the key, -Infinity elsewhere
 */
export function attentionMask(batch: TokenBatch, window = Infinity): Float32Array {
  const { rowCount, rowLength } = batch;
  const mask = new Float32Array(rowCount * rowLength * rowLength).fill(-Infinity);
  for (let row = 0; row < rowCount; row++) maskRow(mask, batch, { row, window });
  return mask;
}

function maskRow(
  mask: Float32Array,
  batch: TokenBatch,
  { row, window }: { row: number; window: number },
): void {
  const { rowLength, segments, positions } = batch;
  const parents = batch.segmentParents[row] ?? new Int32Array();
  const first = row * rowLength;
  const visible = Array.from(parents, (_, segment) => withAncestors(parents, segment));
  for (let query = 0; query < rowLength; query++) {
    const line = (first + query) * rowLength;
    const segment = segments[first + query]!;
    // A token that sees nothing would have a softmax of NaN; padding sees itself, and nobody looks at it.
    mask[line + query] = 0;
    if (segment < 0) continue;
    const seen = visible[segment]!;
    for (let key = 0; key < rowLength; key++) {
      const other = segments[first + key]!;
      if (other < 0 || (other === segment ? key > query : !seen.has(other))) continue;
      if (positions[first + query]! - positions[first + key]! < window) mask[line + key] = 0;
    }
  }
}

function withAncestors(parents: Int32Array, segment: number): Set<number> {
  const seen = new Set<number>();
  for (let at = segment; at >= 0 && !seen.has(at); at = parents[at] ?? -1) seen.add(at);
  return seen;
}
