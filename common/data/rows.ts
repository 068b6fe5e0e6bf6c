/**
 * TRL's JSONL formats, and what each kind of run makes of them.
 *
 * | row | kinds |
 * | --- | --- |
 * | `text` | pretrain, sft |
 * | `messages` | sft (every assistant turn is a target) |
 * | `prompt`, `completion` | sft |
 * | `prompt`, `completion`, `label` | kto |
 * | `prompt`, `chosen`, `rejected` (and `margin`); the prompt may be implicit | reward, dpo, orpo, simpo |
 * | `prompt`, `rankings` (best first) | reward; as all pairs: dpo, orpo, simpo |
 * | `prompt`, alone or in any of these | grpo, rloo, ppo, best_of_n |
 *
 * Prompts and answers are plain text, or lists of messages which the model's chat template renders. A column `person` or `user` says whose
 * row it is, so that people can be held out; further columns are left alone.
 */
import { z } from 'zod';
import type { ChatTurn } from '../contracts/generation.js';
import type { RunKind } from '../contracts/runs.js';

/** Plain text, or a conversation. */
export type Text = string | readonly ChatTurn[];

/** Like `chatTurnSchema`, but data sets may carry more columns. */
const messageSchema = z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() });
const textSchema = z.union(
  [z.string(), z.array(messageSchema).min(1)],
  'expected a text or a list of messages',
);
const answerSchema = textSchema.refine((text) => !isBlank(text), 'the answer is empty');

/** One row in the shape that all kinds share. */
export interface Example {
  /** Line of the file, from 1. */
  line: number;
  /** What comes before the answers; an empty text where the whole row is the answer. */
  prompt: Text;
  /** One answer, or several with the best first; none where the model is to answer. */
  answers: readonly Text[];
  /** Asked-for difference of the pairs of answers; empty for none. */
  margins: readonly number[];
  /** Thumbs up or down; null for rows that are no thumbs. */
  desirable: boolean | null;
  /** Whose words or judgement it is, from a column `person` or `user`; null where the row does not say. */
  person: string | null;
}
type RowContent = Omit<Example, 'line' | 'person'>;

const plain = { margins: [], desirable: null };
const isBlank = (text: Text) =>
  typeof text === 'string'
    ? text.trim() === ''
    : !text.some(({ role, content }) => role === 'assistant' && content !== '');

const pretrainRow = z
  .object({ text: z.string().refine((text) => text.trim() !== '', 'the text is empty') })
  .transform(({ text }): RowContent => ({ prompt: '', answers: [text], ...plain }));

const messagesRow = z
  .object({ messages: z.array(messageSchema).min(1) })
  .refine(({ messages }) => !isBlank(messages), 'there is no assistant message to learn')
  .transform(({ messages }): RowContent => ({ prompt: [], answers: [messages], ...plain }));

const completionRow = z
  .object({ prompt: textSchema, completion: answerSchema })
  .transform(({ prompt, completion }): RowContent => ({ prompt, answers: [completion], ...plain }));

const thumbRow = z
  .object({ prompt: textSchema, completion: answerSchema, label: z.boolean() })
  .transform(({ prompt, completion, label }): RowContent => {
    return { prompt, answers: [completion], margins: [], desirable: label };
  });

const pairRow = z
  .object({
    prompt: textSchema.optional(),
    chosen: answerSchema,
    rejected: answerSchema,
    margin: z.number().optional(),
  })
  .transform(({ prompt, chosen, rejected, margin }): RowContent => {
    const margins = margin === undefined ? [] : [margin];
    if (prompt !== undefined) return { prompt, answers: [chosen, rejected], margins, desirable: null };
    return { ...splitImplicitPrompt(chosen, rejected), margins, desirable: null };
  });

const rankingRow = z
  .object({ prompt: textSchema, rankings: z.array(answerSchema).min(2).max(16) })
  .transform(({ prompt, rankings }): RowContent => ({ prompt, answers: rankings, ...plain }));

/** What is to be answered; whatever else stands in the row is another run's. */
const promptRow = z
  .object({ prompt: textSchema })
  .refine(({ prompt }) => prompt.length > 0, 'the prompt is empty')
  .refine(
    ({ prompt }) => typeof prompt === 'string' || prompt.at(-1)?.role !== 'assistant',
    'the prompt ends with an answer',
  )
  .transform(({ prompt }): RowContent => ({ prompt, answers: [], ...plain }));

const preferenceRow = z.union([rankingRow, pairRow]);

/** Rows that a kind of run understands; the error names the columns it wants. */
const rowSchemas = {
  pretrain: { schema: pretrainRow, wants: 'text' },
  sft: {
    schema: z.union([messagesRow, completionRow, pretrainRow]),
    wants: 'messages, or prompt and completion, or text',
  },
  kto: { schema: thumbRow, wants: 'prompt, completion and label (true or false)' },
  reward: { schema: preferenceRow, wants: 'prompt, chosen and rejected, or prompt and rankings' },
  dpo: { schema: preferenceRow, wants: 'prompt, chosen and rejected, or prompt and rankings' },
  orpo: { schema: preferenceRow, wants: 'prompt, chosen and rejected, or prompt and rankings' },
  simpo: { schema: preferenceRow, wants: 'prompt, chosen and rejected, or prompt and rankings' },
  grpo: { schema: promptRow, wants: 'prompt' },
  rloo: { schema: promptRow, wants: 'prompt' },
  ppo: { schema: promptRow, wants: 'prompt' },
  best_of_n: { schema: promptRow, wants: 'prompt' },
} satisfies Record<RunKind, { schema: z.ZodType<RowContent>; wants: string }>;

/**
 * Reads one parsed line.
 *
 * @returns the examples it holds (a ranking is several pairs for the kinds that learn from pairs), or what is wrong with it
 */
export function toExamples(kind: RunKind, row: unknown, line: number): Example[] | { problem: string } {
  const { schema, wants } = rowSchemas[kind];
  const parsed = schema.safeParse(row);
  if (!parsed.success) return { problem: describeIssues(parsed.error, wants) };
  const { prompt, answers } = parsed.data;
  if (answers.some((answer) => isMixed(prompt, answer))) {
    return { problem: 'prompt and answers are of different forms; use texts or messages for all' };
  }
  if (new Set(answers.map((answer) => JSON.stringify(answer))).size < answers.length) {
    return { problem: 'two of the answers are the same; there is nothing to prefer' };
  }
  const example: Example = { line, person: readPerson(row), ...parsed.data };
  return kind === 'reward' || answers.length < 3 ? [example] : toPairs(example);
}

const personRow = z.object({
  person: z.union([z.string(), z.number()]).nullish(),
  user: z.union([z.string(), z.number()]).nullish(),
});

function readPerson(row: unknown): string | null {
  const { data } = personRow.safeParse(row);
  const person = data?.person ?? data?.user ?? null;
  return person === null ? null : String(person);
}

function toPairs(example: Example): Example[] {
  return example.answers.flatMap((better, index) =>
    example.answers.slice(index + 1).map((worse) => ({ ...example, answers: [better, worse] })),
  );
}

/** A text after a list of messages, or the reverse, has no rendering. */
function isMixed(prompt: Text, answer: Text): boolean {
  return prompt.length > 0 && (typeof prompt === 'string') !== (typeof answer === 'string');
}

/** TRL's implicit prompt: what both conversations, or both texts, begin with. */
function splitImplicitPrompt(chosen: Text, rejected: Text): Pick<RowContent, 'prompt' | 'answers'> {
  let shared = 0;
  const limit = Math.min(chosen.length, rejected.length) - 1;
  while (shared < limit && JSON.stringify(chosen[shared]) === JSON.stringify(rejected[shared])) shared++;
  if (typeof chosen === 'string') {
    // Whole words stay together, so that the answers tokenise as they would by themselves.
    while (shared > 0 && !/\s/.test(chosen[shared] ?? '')) shared--;
  }
  return { prompt: chosen.slice(0, shared), answers: [chosen.slice(shared), rejected.slice(shared)] };
}

function describeIssues(error: z.ZodError, wants: string): string {
  const flat = error.issues.flatMap((issue) =>
    issue.code === 'invalid_union' ? issue.errors.flat() : [issue],
  );
  const told = flat.filter((issue) => issue.code === 'custom');
  if (told.length > 0) return told.map(({ message }) => message).join('; ');
  const paths = [...new Set(flat.map(({ path, message }) => `${path.join('.') || 'row'}: ${message}`))];
  return `expected ${wants} (${paths.slice(0, 4).join('; ')})`;
}
