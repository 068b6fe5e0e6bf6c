/**
 * Open-Assistant's message trees, one a line: the path of the prompt, and the answers as replies to its end.
 *
 * A preference is two replies with ranks, a thumb a reply with the emoji `+1` or `-1`, a demonstration a reply with neither. Trees have
 * no place for a system prompt; it stands beside the prompt as `system`, which readers that do not know it pass over. Plain texts become
 * messages.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ChatTurn } from '../../../common/contracts/generation.js';
import { toJsonLine } from '../../../common/data/json-lines.js';
import type { Text } from '../../../common/data/rows.js';
import { readRow, toSaidText, type RowContent, type StoredRow } from '../rows/data-row.js';
import type { DataFormat, ReadRecord } from './format.js';
import { readJsonRecords } from './json-records.js';

interface Node {
  text: string;
  role: 'prompter' | 'assistant';
  rank?: number | null | undefined;
  emojis?: Record<string, number> | null | undefined;
  deleted?: boolean | null | undefined;
  model_name?: string | null | undefined;
  replies?: Node[] | null | undefined;
}
const nodeSchema: z.ZodType<Node> = z.object({
  text: z.string(),
  role: z.enum(['prompter', 'assistant']),
  rank: z.int().nullish(),
  emojis: z.record(z.string(), z.number()).nullish(),
  deleted: z.boolean().nullish(),
  model_name: z.string().nullish(),
  get replies() {
    return z.array(nodeSchema).nullish();
  },
});
const treeSchema = z.object({ prompt: nodeSchema, system: z.string().nullish() });

export const oasst: DataFormat = {
  mediaType: 'application/x-ndjson',
  ending: 'jsonl',
  toHead: () => '',
  toText: (row) => toJsonLine(toTree(row)),
  readRecords: readJsonRecords,
  toRows,
};

function toTree(row: StoredRow): unknown {
  const content = readRow(row, 1);
  if ('problem' in content) throw new TypeError(`a frozen row became unreadable: ${content.problem}`);
  const { turns, answers: given } = toParts(content);
  const ids = turns.map((_, depth) => toUuid(`${row.id} ${depth}`));
  const system = turns.find(({ role }) => role === 'system')?.content;
  const path = turns.flatMap((turn, depth) => (turn.role === 'system' ? [] : [{ turn, id: ids[depth] }]));
  const models = 'models' in row ? (row.models ?? []) : [];
  const answers = given.map((answer, index) => ({
    ...toNode(toUuid(`${row.id} answer ${index}`), path.at(-1)?.id ?? null, {
      role: 'assistant',
      content: toSaidText(answer),
    }),
    rank: given.length > 1 ? index : null,
    emojis: content.desirable === null ? {} : { [content.desirable ? '+1' : '-1']: 1 },
    synthetic: models[index] !== undefined && models[index] !== 'person',
    model_name: models[index] ?? null,
    replies: [],
  }));
  const prompt = path.reduceRight<unknown[]>(
    (replies, { turn, id }, depth) => [{ ...toNode(id ?? '', path[depth - 1]?.id ?? null, turn), replies }],
    answers,
  )[0];
  return {
    message_tree_id: toUuid(row.id),
    tree_state: 'ready_for_export',
    ...(system !== undefined && { system }),
    prompt,
  };
}

/** A tree begins with a question, if an empty one. */
function toParts({ prompt, answers }: RowContent): { turns: readonly ChatTurn[]; answers: readonly Text[] } {
  if (typeof prompt === 'string') return { turns: [{ role: 'user', content: prompt }], answers };
  const [conversation] = answers;
  // A conversation that is learnt as a whole: all of it but its last answer is the path.
  if (prompt.length === 0 && answers.length === 1 && typeof conversation === 'object')
    return { turns: conversation.slice(0, -1), answers: [conversation.slice(-1)] };
  const isAsked = prompt.some(({ role }) => role !== 'system');
  return { turns: isAsked ? prompt : [...prompt, { role: 'user', content: '' }], answers };
}

function toNode(id: string, parentId: string | null, { role, content }: ChatTurn) {
  return {
    message_id: id,
    parent_id: parentId,
    text: content,
    role: role === 'assistant' ? 'assistant' : 'prompter',
    lang: null,
    review_count: 0,
    deleted: false,
    rank: null as number | null,
    synthetic: false,
    model_name: null as string | null,
    emojis: {} as Record<string, number>,
  };
}

function toRows(value: unknown): ReadRecord {
  const tree = treeSchema.safeParse(value);
  if (!tree.success) return { problem: 'not a message tree (a prompt with text, role and replies)' };
  const { prompt, system } = tree.data;
  const path: ChatTurn[] = system ? [{ role: 'system', content: system }] : [];
  return { rows: listRows(prompt, path) };
}

/** What the replies below a message teach, and what theirs do. */
function listRows(node: Node, before: readonly ChatTurn[]): unknown[] {
  if (node.deleted) return [];
  const prompt: ChatTurn[] = [
    ...before,
    { role: node.role === 'assistant' ? 'assistant' : 'user', content: node.text },
  ];
  const replies = (node.replies ?? []).filter(({ deleted }) => !deleted);
  const answers = replies.filter(({ role }) => role === 'assistant');
  const ranked = answers.filter(({ rank }) => rank != null).sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
  const single = ranked.length > 1 ? answers.filter(({ rank }) => rank == null) : answers;
  return [
    ...(ranked.length > 1 ? [toRanking(prompt, ranked)] : []),
    ...single.flatMap((answer) => toSingle(prompt, answer)),
    ...replies.flatMap((reply) => listRows(reply, prompt)),
  ];
}

function toRanking(prompt: ChatTurn[], ranked: readonly Node[]): unknown {
  const answers = ranked.map(toAnswer);
  const models = toModels(ranked);
  if (answers.length > 2) return { prompt, rankings: answers, ...models };
  return { prompt, chosen: answers[0], rejected: answers[1], ...models };
}

/** A thumb where the emojis say which; a demonstration where the thread ends without. */
function toSingle(prompt: ChatTurn[], answer: Node): unknown[] {
  const thumbs = (answer.emojis?.['+1'] ?? 0) - (answer.emojis?.['-1'] ?? 0);
  const row = { prompt, completion: toAnswer(answer), ...toModels([answer]) };
  if (thumbs !== 0) return [{ ...row, label: thumbs > 0 }];
  const isThumbed = Boolean(answer.emojis?.['+1']);
  return isThumbed || (answer.replies ?? []).length > 0 ? [] : [row];
}

const toAnswer = ({ text }: Node): ChatTurn[] => [{ role: 'assistant', content: text }];

function toModels(nodes: readonly Node[]): { models?: string[] } {
  const models = nodes.flatMap(({ model_name }) => model_name ?? []);
  return models.length === nodes.length ? { models } : {};
}

/** The same for the same row, so that an export can be compared with another. */
function toUuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
