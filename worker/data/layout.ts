/**
 * Items to one token batch. What all sequences of an item begin with is laid down once, and each of them goes on behind it as a segment
 * that sees the shared part and itself only; items fill rows side by side without seeing each other. Log-probs and scores are those of
 * the sequences computed one by one.
 */
import type { TokenBatch } from '../nn/batch.js';
import type { ReadOutputs } from '../rlhf/algorithm.js';
import type { Item, Sequence } from './tokenise.js';
import { packIntoBins } from './packing.js';

/** Where a sequence's outputs lie: targets [start, end) of M, and its score, or the first of its values, among K. */
export interface SequenceSpan {
  start: number;
  end: number;
  scored: number;
}

export interface BatchLayout {
  batch: TokenBatch;
  /** Per item, per sequence. */
  spans: SequenceSpan[][];
  /** Tokens that are not padding. */
  tokenCount: number;
}

export interface LayoutOptions {
  /** Read a score at the last token of each sequence, or a value before each target. */
  scores: boolean | 'targets';
  /** Read log-probs of the targets. */
  logProbs: boolean;
  /** False computes every sequence by itself, to compare with. Default true. */
  sharePrefixes?: boolean;
}

/** What a batch is laid out for. */
export const layoutFor = {
  logProbs: { scores: false, logProbs: true },
  score: { scores: true, logProbs: false },
  logProbsAndValues: { scores: 'targets', logProbs: true },
} as const satisfies Record<ReadOutputs, LayoutOptions>;

/** One segment of a row. */
interface Segment {
  tokens: Int32Array;
  /** Position of its first token. */
  position: number;
  /** Index within the piece, -1 for a root. */
  parent: number;
}

/** A sequence whose first `shared` tokens lie in segment 0 of its piece and whose others in `segment`. */
interface PlacedSequence {
  item: number;
  index: number;
  sequence: Sequence;
  segment: number;
  shared: number;
}

/** One item, or one sequence of it where nothing is shared. */
interface Piece {
  segments: Segment[];
  sequences: PlacedSequence[];
  size: number;
}

/** @param items  of one micro-batch; at least one, none empty */
export function layOut(items: readonly Item[], options: LayoutOptions): BatchLayout {
  const pieces = items.flatMap((item, index) => toPieces(item, index, options.sharePrefixes ?? true));
  const sizes = pieces.map(({ size }) => size);
  const rowLength = chooseRowLength(sizes);
  const builder = new BatchBuilder(rowLength, items.length, options);
  for (const members of packIntoBins(sizes, rowLength)) {
    builder.addRow(members.flatMap((member) => pieces[member] ?? []));
  }
  return builder.finish();
}

class BatchBuilder {
  private readonly rows: { tokens: Int32Array; positions: Int32Array; segments: Int32Array }[] = [];
  private readonly segmentParents: Int32Array[] = [];
  private readonly targetRows: number[] = [];
  private readonly targetTokens: number[] = [];
  private readonly scored: number[] = [];
  private readonly spans: SequenceSpan[][];
  private tokenCount = 0;

  constructor(
    private readonly rowLength: number,
    itemCount: number,
    private readonly options: LayoutOptions,
  ) {
    this.spans = Array.from({ length: itemCount }, () => []);
  }

  addRow(pieces: readonly Piece[]): void {
    const row = {
      tokens: new Int32Array(this.rowLength),
      positions: new Int32Array(this.rowLength),
      segments: new Int32Array(this.rowLength).fill(-1),
    };
    const rowStart = this.rows.length * this.rowLength;
    const parents: number[] = [];
    let column = 0;
    for (const piece of pieces) {
      const firstSegment = parents.length;
      const starts: number[] = [];
      for (const { tokens, position, parent } of piece.segments) {
        starts.push(rowStart + column);
        row.tokens.set(tokens, column);
        row.segments.fill(parents.length, column, column + tokens.length);
        parents.push(parent < 0 ? -1 : firstSegment + parent);
        for (let offset = 0; offset < tokens.length; offset++) row.positions[column++] = position + offset;
      }
      for (const placed of piece.sequences) this.addOutputs(placed, starts);
    }
    this.tokenCount += column;
    this.rows.push(row);
    this.segmentParents.push(Int32Array.from(parents));
  }

  finish(): BatchLayout {
    const { rows, rowLength, segmentParents, spans, tokenCount } = this;
    return {
      batch: {
        rowCount: rows.length,
        rowLength,
        tokens: joined(rows.map(({ tokens }) => tokens)),
        positions: joined(rows.map(({ positions }) => positions)),
        segments: joined(rows.map(({ segments }) => segments)),
        segmentParents,
        targets: { rows: Int32Array.from(this.targetRows), tokens: Int32Array.from(this.targetTokens) },
        scored: Int32Array.from(this.scored),
      },
      spans,
      tokenCount,
    };
  }

  /** @param starts  flat index of the first cell of each of the piece's segments */
  private addOutputs(
    { item, index, sequence, segment, shared }: PlacedSequence,
    starts: readonly number[],
  ): void {
    const cellOf = (position: number) =>
      position < shared ? (starts[0] ?? 0) + position : (starts[segment] ?? 0) + position - shared;
    const start = this.targetRows.length;
    const scored = this.scored.length;
    if (this.options.logProbs) {
      for (const target of sequence.targets) {
        this.targetRows.push(cellOf(target - 1));
        this.targetTokens.push(sequence.tokens[target] ?? 0);
      }
    }
    const spans = this.spans[item];
    if (spans) spans[index] = { start, end: this.targetRows.length, scored };
    if (this.options.scores === 'targets') {
      for (const target of sequence.targets) this.scored.push(cellOf(target - 1));
    } else if (this.options.scores) this.scored.push(cellOf(sequence.tokens.length - 1));
  }
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const whole = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function toPieces(item: Item, itemIndex: number, sharePrefixes: boolean): Piece[] {
  const { sequences } = item;
  const shared = sharePrefixes && sequences.length > 1 ? commonPrefix(sequences) : 0;
  if (shared === 0) {
    return sequences.map((sequence, index) => ({
      segments: [{ tokens: sequence.tokens, position: 0, parent: -1 }],
      sequences: [{ item: itemIndex, index, sequence, segment: 0, shared: 0 }],
      size: sequence.tokens.length,
    }));
  }
  const piece: Piece = { segments: [], sequences: [], size: shared };
  piece.segments.push({
    tokens: sequences[0]?.tokens.subarray(0, shared) ?? new Int32Array(),
    position: 0,
    parent: -1,
  });
  for (const [index, sequence] of sequences.entries()) {
    const rest = sequence.tokens.subarray(shared);
    piece.sequences.push({ item: itemIndex, index, sequence, segment: piece.segments.length, shared });
    piece.segments.push({ tokens: rest, position: shared, parent: 0 });
    piece.size += rest.length;
  }
  return [piece];
}

/** Number of tokens that all sequences begin with; each keeps at least its last token to itself. */
function commonPrefix(sequences: readonly Sequence[]): number {
  const limit = Math.min(...sequences.map(({ tokens }) => tokens.length)) - 1;
  const first = sequences[0]?.tokens;
  let shared = 0;
  while (shared < limit && sequences.every(({ tokens }) => tokens[shared] === first?.[shared])) shared++;
  return shared;
}

/**
 * A row length that wastes few cells and comes from a short list, since every new shape is a graph to be placed. Attention grows with
 * the square of it, so rows are never longer than twice the longest piece.
 */
function chooseRowLength(sizes: readonly number[]): number {
  const longest = Math.max(...sizes);
  let best = { length: roundUp(longest), cells: Infinity };
  for (let length = roundUp(longest); length <= 2 * roundUp(longest); length = roundUp(length + 1)) {
    const cells = packIntoBins(sizes, length).length * length;
    if (cells < best.cells) best = { length, cells };
  }
  return best.length;
}

/** The next multiple of 8 up to 64; above, of a quarter of the power of two below. */
function roundUp(length: number): number {
  const step = Math.max(8, 2 ** (Math.floor(Math.log2(Math.max(1, length - 1))) - 2));
  return Math.ceil(length / step) * step;
}
