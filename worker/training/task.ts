/** What a process of its own does beside a run, and what it says: one question, one answer. */
import { z } from 'zod';
import { chatTurnSchema } from '../../common/contracts/generation.js';
import { runErrorSchema } from '../../common/contracts/run-events.js';
import { runEstimateSchema } from '../../common/contracts/run-records.js';
import { scoreQuestionSchema } from '../scoring/score-messages.js';
import { runRequestSchema } from '../runs/run-request.js';

/** A prompt that the model in training is asked again and again. */
export const samplePromptSchema = z.strictObject({
  turns: z.array(chatTurnSchema).min(1),
  /** What a reader is shown of it: its last turn. */
  text: z.string(),
});
export type SamplePrompt = z.infer<typeof samplePromptSchema>;

export const taskSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('estimate'), request: runRequestSchema }),
  z.strictObject({
    type: z.literal('sample'),
    modelPath: z.string(),
    /** Null asks the base. */
    adapterPath: z.string().nullable(),
    llamaDirectory: z.string().nullable(),
    prompts: z.array(samplePromptSchema).min(1),
    maxTokens: z.int().min(1),
    /** 0 always says the same; 1 draws from the model's own distribution. */
    temperature: z.union([z.literal(0), z.literal(1)]).default(0),
  }),
  z.strictObject({
    type: z.literal('log_probs'),
    /** Of the kind sft: the answers are its data, and the version is what it starts from. */
    request: runRequestSchema,
  }),
  z.strictObject({ type: z.literal('score'), ...scoreQuestionSchema.omit({ id: true }).shape }),
  z.strictObject({
    type: z.literal('judge'),
    /** Of a preference kind, or KTO; the rows are its data and the version is what it starts from. */
    request: runRequestSchema,
    prompts: z.array(samplePromptSchema),
    maxTokens: z.int().min(1),
  }),
]);
export type Task = z.input<typeof taskSchema>;
/** As it arrives. */
export type TaskOf<T extends Task['type']> = Extract<z.output<typeof taskSchema>, { type: T }>;

const judgedAnswerSchema = z.strictObject({ logProb: z.number(), tokens: z.int() });
const logProbs = z.array(z.number());

/** Without what only the worker knows. */
export const measuredSchema = runEstimateSchema.omit({ measuredBesideRun: true });
export type MeasuredRun = z.infer<typeof measuredSchema>;

/** `ended` by the model itself, or cut off. */
const sampledAnswerSchema = z.strictObject({ text: z.string(), ended: z.boolean() });
export type SampledText = z.infer<typeof sampledAnswerSchema>;

export const taskReplySchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('estimate'), estimate: measuredSchema }),
  z.strictObject({ type: z.literal('sample'), answers: z.array(sampledAnswerSchema) }),
  /** By token, nats; each with the line of its answer, since what is too long is left out. */
  z.strictObject({
    type: z.literal('log_probs'),
    answers: z.array(z.strictObject({ line: z.int(), logProbs })),
  }),
  /** `[prompt][answer]`. */
  z.strictObject({ type: z.literal('score'), scores: z.array(logProbs) }),
  z.strictObject({
    type: z.literal('judge'),
    pairs: z.array(
      z.strictObject({ prompt: z.string(), better: judgedAnswerSchema, worse: judgedAnswerSchema }),
    ),
    dropped: z.int(),
    answers: z.array(z.string()),
    sides: z.strictObject({
      trainer: logProbs,
      server: logProbs,
      trainerBase: logProbs,
      serverBase: logProbs,
    }),
  }),
  z.strictObject({ type: z.literal('failed'), error: runErrorSchema }),
]);
export type TaskReply = z.infer<typeof taskReplySchema>;
