/** A row of training data as a snapshot's file holds it: TRL's columns, and beside them where it came from. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { chatTurnSchema, type ChatTurn } from '../../../common/contracts/generation.js';
import type { DataKind } from '../../../common/contracts/dataset-formats.js';
import type { RunKind } from '../../../common/contracts/runs.js';
import { toExamples, type Text } from '../../../common/data/rows.js';

const turnSchema = z.object(chatTurnSchema.shape);
const textSchema = z.union([z.string(), z.array(turnSchema)]);
/** Who gave the answers, in their order; not what a run learns from. */
const models = z.array(z.string()).optional();

const rankingRow = z.object({ prompt: textSchema, rankings: z.array(textSchema), models });
const pairRow = z.object({
  prompt: textSchema.optional(),
  chosen: textSchema,
  rejected: textSchema,
  margin: z.number().optional(),
  models,
});
const thumbRow = z.object({ prompt: textSchema, completion: textSchema, label: z.boolean(), models });
const demonstrationRow = z.object({ prompt: textSchema, completion: textSchema, models });
const conversationRow = z.object({ messages: z.array(turnSchema) });
const documentRow = z.object({ text: z.string() });
const promptRow = z.object({ prompt: textSchema });

/** Columns of a row; those it does not name are dropped. */
export const dataRowSchema = z.union([
  rankingRow,
  pairRow,
  thumbRow,
  demonstrationRow,
  conversationRow,
  documentRow,
  promptRow,
]);
export type DataRow = z.infer<typeof dataRowSchema>;

/** A row of a snapshot: `id`, `events` and, of a prompt, `sources` trace it. */
export type StoredRow = DataRow & { id: string; events: string[]; sources?: string[] | undefined };
export const storedRowSchema = z.intersection(
  z.object({ id: z.string(), events: z.array(z.string()), sources: z.array(z.string()).optional() }),
  dataRowSchema,
);

/** A run that reads rows of the kind as they are, without taking rankings apart. */
const readerOf = {
  sft: 'sft',
  preference: 'reward',
  kto: 'kto',
  prompt: 'grpo',
  text: 'pretrain',
} as const satisfies Record<DataKind, RunKind>;

/** @returns what a row is good for by the columns it has; null when it has none that a run knows */
export function findKind(columns: object): DataKind | null {
  if ('rankings' in columns || 'chosen' in columns || 'rejected' in columns) return 'preference';
  if ('label' in columns) return 'kto';
  if ('completion' in columns || 'messages' in columns) return 'sft';
  if ('text' in columns) return 'text';
  return 'prompt' in columns ? 'prompt' : null;
}

/** What all kinds of rows come down to. */
export interface RowContent {
  kind: DataKind;
  row: DataRow;
  prompt: Text;
  /** Of a pair or a ranking: the best first. */
  answers: readonly Text[];
  /** Of a thumb. */
  desirable: boolean | null;
}

/**
 * Checks a row by what the trainer will make of it.
 *
 * @param line  for the trainer's messages
 */
export function readRow(columns: unknown, line: number): RowContent | { problem: string } {
  const kind = typeof columns === 'object' && columns !== null ? findKind(columns) : null;
  if (kind === null)
    return {
      problem:
        'no known columns (messages; prompt and completion, with label; prompt, chosen and rejected; prompt; text)',
    };
  const examples = toExamples(readerOf[kind], columns, line);
  if ('problem' in examples) return examples;
  const [example] = examples;
  const row = dataRowSchema.safeParse(columns);
  if (!example || !row.success) return { problem: 'the columns do not fit together' };
  const { prompt, answers, desirable } = example;
  return { kind, row: row.data, prompt, answers, desirable };
}

/** SHA-256 of what a row says: equal for rows that teach the same, whoever gave the answers. */
export function hashContent({ kind, row }: RowContent): string {
  const { models: _, ...said } = 'models' in row ? row : { ...row, models: undefined };
  return hash(JSON.stringify([kind, said]));
}

/**
 * SHA-256 of what a conversation opens with: everything before the first answer but the system prompt, in small letters and without
 * repeated spaces. Later turns of a conversation hold the earlier ones, so they share its key; a prompt in plain text is a question, and
 * has the key of the conversation that opens with it.
 */
export function hashPrompt({ prompt, answers }: RowContent): string {
  const source = prompt.length > 0 ? toAskedTurns(prompt) : (answers[0] ?? '');
  return hash(normalise(typeof source === 'string' ? source : toOpening(source)));
}

function toAskedTurns(prompt: Text): readonly ChatTurn[] {
  return typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;
}

function toOpening(turns: readonly ChatTurn[]): string {
  const asked = turns.filter(({ role }) => role !== 'system');
  const end = asked.findIndex(({ role }) => role === 'assistant');
  const opening = end > 0 ? asked.slice(0, end) : asked;
  return opening.map(({ role, content }) => `${role}: ${content}`).join('\n');
}

export function normalise(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}

/** All that is said, as one text. */
export function toSaidText(text: Text): string {
  return typeof text === 'string' ? text : text.map(({ content }) => content).join('\n');
}

export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
