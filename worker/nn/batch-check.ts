/** Refuses a batch that would make ggml abort, or compute something that nobody meant. */
import { AppError } from '../../common/contracts/errors.js';
import type { TokenBatch } from './batch.js';
import type { HyperParameters } from './hyper-parameters.js';

/** @throws AppError `TRAINING_BATCH_INVALID` */
export function assertBatch(batch: TokenBatch, hyper: HyperParameters): void {
  const tokenCount = batch.rowCount * batch.rowLength;
  const sized = [batch.tokens, batch.positions, batch.segments].every(({ length }) => length === tokenCount);
  const isToken = (token: number) => token >= 0 && token < hyper.vocabularySize;
  const isUsed = (row: number) => row >= 0 && row < tokenCount && batch.segments[row]! >= 0;
  const isPlace = (position: number) => position >= 0 && position < hyper.contextLength;
  const checks: [boolean, string][] = [
    [tokenCount > 0, 'it is empty'],
    [sized, `tokens, positions and segments must each have ${tokenCount} entries`],
    [batch.segmentParents.length === batch.rowCount, 'each row needs its segments'],
    [batch.tokens.every(isToken), `a token is outside the vocabulary of ${hyper.vocabularySize}`],
    [batch.positions.every(isPlace), `a position is outside the context of ${hyper.contextLength}`],
    [hasKnownSegments(batch), 'a token belongs to a segment that its row does not have'],
    [isInOrder(batch), 'a segment lies before the one that it continues'],
    [batch.targets.rows.length === batch.targets.tokens.length, 'targets need as many rows as tokens'],
    [batch.targets.rows.every(isUsed), 'a target is read off padding or outside the batch'],
    [batch.targets.tokens.every(isToken), `a target is outside the vocabulary of ${hyper.vocabularySize}`],
    [batch.scored.every(isUsed), 'a score is read off padding or outside the batch'],
  ];
  const failed = checks.find(([holds]) => !holds);
  if (failed) throw new AppError('TRAINING_BATCH_INVALID', { reason: failed[1] });
}

/** Attention relies on it: nobody sees a later cell of the row. */
function isInOrder({ segments, segmentParents, rowLength }: TokenBatch): boolean {
  const parentsFirst = segmentParents.every((parents) =>
    parents.every((parent, segment) => parent < segment),
  );
  let last = -1;
  const ascending = segments.every((segment, index) => {
    if (index % rowLength === 0) last = -1;
    if (segment < 0) return true;
    const holds = segment >= last;
    last = segment;
    return holds;
  });
  return parentsFirst && ascending;
}

function hasKnownSegments({ segments, segmentParents, rowLength }: TokenBatch): boolean {
  return segments.every((segment, index) => {
    const parents = segmentParents[Math.floor(index / rowLength)];
    return segment < (parents?.length ?? 0);
  });
}
