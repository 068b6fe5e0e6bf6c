/**
 * TRL's JSONL: `messages`; `prompt` and `completion`, with `label`; `prompt`, `chosen` and `rejected`. Conversational has lists of
 * messages, plain has texts; both are read by either.
 */
import type { ChatTurn } from '../../../common/contracts/generation.js';
import { toJsonLine } from '../../../common/data/json-lines.js';
import type { DataFormat } from './format.js';
import { readJsonRecords } from './json-records.js';

export const trlConversational: DataFormat = {
  mediaType: 'application/x-ndjson',
  ending: 'jsonl',
  toHead: () => '',
  toText: toJsonLine,
  readRecords: readJsonRecords,
  toRows: (value) => ({ rows: [value] }),
};

export const trlPlain: DataFormat = {
  ...trlConversational,
  toText: (row) =>
    toJsonLine(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toPlain(name, value)]))),
};

const speakers = { system: 'System', user: 'Human', assistant: 'Assistant' } as const;

function toPlain(column: string, value: unknown): unknown {
  if (column === 'rankings' && Array.isArray(value)) return value.map((answer) => toPlain('answer', answer));
  if (!isTurns(value)) return value;
  return column === 'prompt' ? toPromptText(value) : toAnswerText(value);
}

function isTurns(value: unknown): value is ChatTurn[] {
  return Array.isArray(value) && value.every((turn) => typeof turn === 'object');
}

/** One question is its text; more is a transcript that ends where the answer begins. */
function toPromptText(turns: readonly ChatTurn[]): string {
  const [only] = turns;
  if (turns.length === 1 && only?.role === 'user') return only.content;
  return turns.length === 0 ? '' : `${toTranscript(turns)}\n\n${speakers.assistant}:`;
}

function toAnswerText(turns: readonly ChatTurn[]): string {
  const [only] = turns;
  return turns.length === 1 && only?.role === 'assistant' ? only.content : toTranscript(turns);
}

function toTranscript(turns: readonly ChatTurn[]): string {
  return turns.map(({ role, content }) => `${speakers[role]}: ${content}`).join('\n\n');
}
