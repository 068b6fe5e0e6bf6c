/**
 * FastChat's battles, as its arena writes them: two conversations that begin alike, and which one won.
 *
 * A preference is a battle; which of its answers stands first is drawn from the row's hash, so that the winner is on either side. Both
 * bad is two thumbs down when read; a tie teaches nothing.
 */
import { z } from 'zod';
import type { ChatTurn } from '../../../common/contracts/generation.js';
import { toJsonLine } from '../../../common/data/json-lines.js';
import type { Text } from '../../../common/data/rows.js';
import { hash, readRow, type StoredRow } from '../rows/data-row.js';
import type { DataFormat, ReadRecord } from './format.js';
import { readJsonRecords } from './json-records.js';

const winners = ['model_a', 'model_b', 'tie', 'tie (bothbad)'] as const;
const turnsSchema = z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }));
const battleSchema = z.object({
  model_a: z.string(),
  model_b: z.string(),
  winner: z.enum(winners),
  conversation_a: turnsSchema,
  conversation_b: turnsSchema,
});

export interface Battle extends z.infer<typeof battleSchema> {
  id: string;
  /** Seconds since 1970; null where nobody knows. */
  tstamp: number | null;
  judge: string;
}

export const fastchat: DataFormat = {
  mediaType: 'application/x-ndjson',
  ending: 'jsonl',
  toHead: () => '',
  toText: (row) => toBattles(row).map(toBattleLine).join(''),
  readRecords: readJsonRecords,
  toRows,
};

export function toBattleLine({ id, judge, tstamp, ...battle }: Battle): string {
  const turn = battle.conversation_a.filter(({ role }) => role === 'user').length;
  return toJsonLine({ question_id: id, ...battle, judge, turn, anony: true, language: 'unknown', tstamp });
}

/** Every pair of a ranking is a battle. */
function toBattles(row: StoredRow): Battle[] {
  const content = readRow(row, 1);
  if ('problem' in content) throw new TypeError(`a frozen row became unreadable: ${content.problem}`);
  const { prompt, answers } = content;
  const models = 'models' in row ? (row.models ?? []) : [];
  return answers.flatMap((better, index) =>
    answers.slice(index + 1).map((worse, offset): Battle => {
      const id = answers.length > 2 ? `${row.id}-${index}-${index + 1 + offset}` : row.id;
      const won = { model: models[index] ?? 'unknown', turns: toConversation(prompt, better) };
      const lost = { model: models[index + 1 + offset] ?? 'unknown', turns: toConversation(prompt, worse) };
      const isFirst = parseInt(hash(id).slice(0, 1), 16) < 8;
      const [a, b] = isFirst ? [won, lost] : [lost, won];
      return {
        id,
        model_a: a.model,
        model_b: b.model,
        winner: isFirst ? 'model_a' : 'model_b',
        conversation_a: a.turns,
        conversation_b: b.turns,
        judge: 'unknown',
        tstamp: null,
      };
    }),
  );
}

export function toConversation(prompt: Text, answer: Text): ChatTurn[] {
  return [...toTurns(prompt, 'user'), ...toTurns(answer, 'assistant')];
}

function toTurns(text: Text, role: ChatTurn['role']): readonly ChatTurn[] {
  if (typeof text !== 'string') return text;
  return text === '' ? [] : [{ role, content: text }];
}

function toRows(value: unknown): ReadRecord {
  const parsed = battleSchema.safeParse(value);
  if (!parsed.success)
    return { problem: 'not a battle (model_a, model_b, winner, conversation_a, conversation_b)' };
  const { winner, model_a, model_b, conversation_a, conversation_b } = parsed.data;
  const a = { model: model_a, turns: conversation_a };
  const b = { model: model_b, turns: conversation_b };
  if (winner === 'tie') return { rows: [] };
  if (winner === 'tie (bothbad)')
    return {
      rows: [a, b].map(({ model, turns }) => ({ ...cut(turns), label: false, models: [model] })),
    };
  const [won, lost] = winner === 'model_a' ? [a, b] : [b, a];
  const [chosen, rejected] = [cut(won.turns), cut(lost.turns)];
  const models = [won.model, lost.model];
  if (JSON.stringify(chosen.prompt) === JSON.stringify(rejected.prompt))
    return {
      rows: [{ prompt: chosen.prompt, chosen: chosen.completion, rejected: rejected.completion, models }],
    };
  // They parted before the last answer: what they begin with alike is the prompt.
  return { rows: [{ chosen: won.turns, rejected: lost.turns, models }] };
}

function cut(turns: readonly ChatTurn[]): { prompt: ChatTurn[]; completion: ChatTurn[] } {
  return { prompt: turns.slice(0, -1), completion: turns.slice(-1) };
}
