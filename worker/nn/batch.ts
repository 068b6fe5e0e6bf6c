/**
 * What one step of the network computes: token ids laid out in rows, who sees whom, and where something is read off.
 *
 * Rows are split into segments, which form a forest. Packing is many roots in a row; a shared prompt is one root with an answer as each
 * child, so that the prompt is computed once. Owns no memory of the device; `worker/data` builds batches, `worker/nn` consumes them.
 */

/** Dimensions: B rows, T padded row length, M targets, K scored positions, S segments of a row. */
export interface TokenBatch {
  /** B. */
  rowCount: number;
  /** T; every row is padded to it. */
  rowLength: number;
  /** [B*T] token ids; padding holds 0. */
  tokens: Int32Array;
  /** [B*T] positions as RoPE and learned positions count them; all answers behind a shared prompt start at the prompt's length. */
  positions: Int32Array;
  /** [B*T] index of the segment within the row; -1 marks padding, which is neither seen nor trained on. */
  segments: Int32Array;
  /** Per row [S] parent of each segment, -1 for a root; segments lie in ascending order, and a parent before its children. A token sees its own segment up to itself and all of its ancestors. */
  segmentParents: readonly Int32Array[];
  targets: TargetTokens;
  /** [K] flat indices b*T+t at which the reward or value head reads; empty without a head. */
  scored: Int32Array;
}

/** [M] places whose next token is scored by its log-probability. */
export interface TargetTokens {
  /** Flat index b*T+t of the hidden state that predicts; may repeat (first tokens of answers behind a shared prompt). */
  rows: Int32Array;
  /** The token predicted there. */
  tokens: Int32Array;
}
