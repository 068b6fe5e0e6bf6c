/**
 * Named sets of prompts, each with rules that its answers are held to: what evaluations ask, and what reinforcement learning trains on.
 *
 * As files they are TRL's prompt-only JSONL, a column `checks` beside the prompt.
 */
import { z } from 'zod';
import { checkSchema } from './checks.js';
import { chatTurnSchema } from './generation.js';

/** `training` for reinforcement learning; the others for evaluations: how good, still right, still harmless. */
export const promptPurposes = ['training', 'quality', 'regression', 'safety'] as const;
export const promptPurposeSchema = z.enum(promptPurposes);
export type PromptPurpose = z.infer<typeof promptPurposeSchema>;

const maxTurns = 100;
const maxChecks = 20;
const turnSchema = chatTurnSchema.refine(({ content }) => content.trim() !== '', 'the message is empty');

/** The turns before the answer, a system prompt first if there is one. */
const promptMessagesSchema = z
  .array(turnSchema)
  .min(1)
  .max(maxTurns)
  .refine((turns) => turns.at(-1)?.role === 'user', 'the last message has to be the user’s')
  .refine(
    (turns) => turns.slice(1).every(({ role }) => role !== 'system'),
    'a system prompt comes first or not at all',
  );

/** Body of `POST /api/prompt-sets/:id/prompts` and of `PUT /api/prompts/:id`. */
export const newPromptSchema = z.strictObject({
  messages: promptMessagesSchema,
  /** What every answer to it has to keep. */
  checks: z.array(checkSchema).max(maxChecks).default([]),
});
export type NewPrompt = z.infer<typeof newPromptSchema>;

export const promptSchema = newPromptSchema.extend({ id: z.uuid() });
export type Prompt = z.infer<typeof promptSchema>;

/** Body of `POST /api/prompt-sets`. */
export const newPromptSetSchema = z.strictObject({
  name: z.string().trim().min(1).max(100),
  purpose: promptPurposeSchema,
  description: z.string().trim().max(1000).default(''),
});
export type NewPromptSet = z.infer<typeof newPromptSetSchema>;

/** Body of `PATCH /api/prompt-sets/:id`. */
export const changePromptSetSchema = z.strictObject({
  name: newPromptSetSchema.shape.name.optional(),
  purpose: promptPurposeSchema.optional(),
  description: newPromptSetSchema.shape.description.unwrap().optional(),
});
export type ChangePromptSet = z.infer<typeof changePromptSetSchema>;

const count = z.int().min(0);
export const promptSetSchema = newPromptSetSchema.extend({
  id: z.uuid(),
  /** Came with Attune; edited like any other. */
  isBuiltIn: z.boolean(),
  prompts: count,
  /** Of all its prompts together. */
  checks: count,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type PromptSet = z.infer<typeof promptSetSchema>;

/** `GET /api/prompt-sets/:id/prompts?limit=&offset=` */
export const promptPageQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  offset: z.coerce.number().int().min(0).default(0),
});
export type PromptPageQuery = z.infer<typeof promptPageQuerySchema>;

/** Body of `POST /api/prompt-sets/:id/copy`. */
export const copyPromptSetSchema = newPromptSetSchema.pick({ name: true });
export type CopyPromptSet = z.infer<typeof copyPromptSetSchema>;

/** `POST /api/prompt-sets/import?name=&purpose=&fileName=`, the file as the body. */
export const importPromptSetSchema = newPromptSetSchema
  .pick({ name: true, purpose: true })
  .extend({ fileName: z.string().trim().min(1).max(255) });
export type ImportPromptSet = z.infer<typeof importPromptSetSchema>;

/** A line of a file; a prompt that is a text is what the user asks. */
export const promptLineSchema = z
  .strictObject({
    prompt: z.union(
      [z.string().trim().min(1), promptMessagesSchema],
      'expected a text, or messages of which the last is the user’s',
    ),
    checks: newPromptSchema.shape.checks,
  })
  .transform(({ prompt, checks }): NewPrompt => {
    const messages = typeof prompt === 'string' ? [{ role: 'user' as const, content: prompt }] : prompt;
    return { messages, checks };
  });

/** Largest file that is taken, bytes. */
export const maxPromptFileBytes = 64 * 1024 ** 2;
