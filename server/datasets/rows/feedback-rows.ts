/**
 * What people said of answers -> rows that a run learns from; every act goes to the run that fits it.
 *
 * | act | rows |
 * | --- | --- |
 * | thumb | `kto` |
 * | comparison won by a side, pick | `preference`; of a pick, one for each answer that was passed over |
 * | both bad | two undesirable `kto` |
 * | tie | none |
 * | edit | `sft`, and `preference` of the edited text over the original |
 *
 * The prompt is what the model was given: the system prompt that it answered under, then the path from the root to the answer's question.
 */
import type { SkipReason } from '../../../common/contracts/datasets.js';
import type { FeedbackMessage, FeedbackPayload } from '../../../common/contracts/feedback.js';
import type { ChatTurn } from '../../../common/contracts/generation.js';
import type { DataRow } from './data-row.js';

/** An answer that an act is about, as it stands now. */
export interface JudgedAnswer {
  role: FeedbackMessage['role'];
  text: string;
  prompt: readonly ChatTurn[];
  isWhole: boolean;
  /** Null for a person's own text. */
  modelName: string | null;
}

export interface JudgedAct {
  payload: FeedbackPayload;
  /** Without those that are gone. */
  answers: readonly JudgedAnswer[];
}

/** Who wrote what no model did. */
const person = 'person';

type Outcome = { rows: DataRow[] } | { skipped: SkipReason };

/** @param includePicks  whether going on from an answer counts as choosing it */
export function toRows(act: JudgedAct, { includePicks }: { includePicks: boolean }): Outcome {
  const { payload, answers } = act;
  const fault = findFault(answers);
  switch (payload.kind) {
    case 'withdrawn':
      return { rows: [] };
    case 'thumb':
      return fault ?? withAnswers(answers, ['rated'], ([rated]) => [toThumb(rated, payload.value === 'up')]);
    case 'pick':
      return includePicks ? toPickRows(answers) : { skipped: 'pick' };
    case 'edit':
      return (
        fault ??
        withAnswers(answers, ['edited', 'original'], ([edited, original]) => [
          toDemonstration(edited),
          toPair(edited, original),
        ])
      );
    case 'comparison': {
      if (payload.outcome === 'tie') return { skipped: 'tie' };
      if (fault) return fault;
      if (payload.outcome === 'both_bad')
        return withAnswers(answers, ['left', 'right'], (both) =>
          both.map((answer) => toThumb(answer, false)),
        );
      const loser = payload.outcome === 'left' ? 'right' : 'left';
      return withAnswers(answers, [payload.outcome, loser], ([better, worse]) => [toPair(better, worse)]);
    }
  }
}

/** Of a pick, an answer that was passed over may be gone or say the same; the others still teach. */
function toPickRows(answers: readonly JudgedAnswer[]): Outcome {
  const chosen = answers.find(({ role }) => role === 'chosen');
  const rejected = answers.filter(({ role }) => role === 'rejected');
  if (!chosen || rejected.length === 0) return { skipped: 'message_gone' };
  const usable = rejected.filter((worse) => !findFault([chosen, worse]));
  if (usable.length === 0) return findFault(answers) ?? { skipped: 'answers_equal' };
  return { rows: usable.map((worse) => toPair(chosen, worse)) };
}

function findFault(answers: readonly JudgedAnswer[]): { skipped: SkipReason } | null {
  if (answers.some(({ isWhole }) => !isWhole)) return { skipped: 'answer_unfinished' };
  if (answers.some(({ text }) => text.trim() === '')) return { skipped: 'answer_empty' };
  const isRepeated = new Set(answers.map(({ text }) => text)).size < answers.length;
  return isRepeated ? { skipped: 'answers_equal' } : null;
}

function withAnswers(
  answers: readonly JudgedAnswer[],
  [first, second]: readonly [JudgedAnswer['role'], JudgedAnswer['role']?],
  make: (found: [JudgedAnswer, JudgedAnswer]) => DataRow[],
): Outcome {
  const one = answers.find(({ role }) => role === first);
  const other = second === undefined ? one : answers.find(({ role }) => role === second);
  return one && other ? { rows: make([one, other]) } : { skipped: 'message_gone' };
}

const toThumb = (answer: JudgedAnswer, label: boolean): DataRow => ({
  prompt: [...answer.prompt],
  completion: toTurn(answer),
  label,
  models: [answer.modelName ?? person],
});
const toDemonstration = (answer: JudgedAnswer): DataRow => ({
  prompt: [...answer.prompt],
  completion: toTurn(answer),
  models: [answer.modelName ?? person],
});
const toPair = (better: JudgedAnswer, worse: JudgedAnswer): DataRow => ({
  prompt: [...better.prompt],
  chosen: toTurn(better),
  rejected: toTurn(worse),
  models: [better.modelName ?? person, worse.modelName ?? person],
});
const toTurn = ({ text }: JudgedAnswer): ChatTurn[] => [{ role: 'assistant', content: text }];
