/**
 * What server and inference worker say to each other about one answer.
 *
 * A *generation* is one answer in the making, a row of `generations`: a chat message's, or a choice of an API completion. The server
 * writes the row and enqueues a job that carries ids only; the worker reads the row, appends to the generation's Redis stream, and
 * writes the outcome to the row. Postgres is the truth; job and stream may be lost and are made again from the row.
 */
import { z } from 'zod';
import { failureSchema } from './failure.js';
import { samplingSchema } from './sampling.js';

export const chatTurnSchema = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string(),
});
export type ChatTurn = z.infer<typeof chatTurnSchema>;

/** `text` is free; `json` any JSON value; `schema` JSON that satisfies the given JSON schema. */
export const responseFormatSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json') }),
  z.strictObject({ type: z.literal('schema'), schema: z.record(z.string(), z.unknown()) }),
]);
export type ResponseFormat = z.infer<typeof responseFormatSchema>;

/** Best of N: so many answers are written from one copy of the prompt, and a reward model of the same base picks which one is given. */
export const bestOfSchema = z.strictObject({ count: z.int().min(2).max(16), rewardVersionId: z.uuid() });
export type BestOf = z.infer<typeof bestOfSchema>;

/** Everything that decides an answer, stored with the row. */
export const generationRequestSchema = z.strictObject({
  /** Path from the root to the turn to be answered, system prompt first. */
  turns: z.array(chatTurnSchema).min(1),
  /** Text that the answer begins with: `continue` of a cut answer. It is part of the answer's text. */
  prefix: z.string().default(''),
  sampling: samplingSchema,
  /** Alternatives per token to keep, besides the log-prob of the token itself; null keeps neither. */
  topLogProbs: z.int().min(0).max(20).nullable().default(null),
  responseFormat: responseFormatSchema.default({ type: 'text' }),
  /** Absent: the one answer that is written is given. */
  bestOf: bestOfSchema.optional(),
});
export type GenerationRequest = z.infer<typeof generationRequestSchema>;

/** Job of the `generate` queue. All ids share prompt and model version, so that the prompt is computed once. */
export const generateJobSchema = z.strictObject({
  requestId: z.string(),
  generationIds: z.array(z.uuid()).min(1).max(16),
});
export type GenerateJob = z.infer<typeof generateJobSchema>;

export const stopReasons = ['end', 'length', 'stop', 'cancelled', 'context', 'failed'] as const;
/** `end` of turn by the model, `length` maxTokens, `stop` string met, `cancelled` by the user, `context` full. */
export type StopReason = (typeof stopReasons)[number];

/** Natural-log probability of a token and of what could have stood there instead. */
export const tokenLogProbSchema = z.strictObject({
  text: z.string(),
  /** UTF-8 bytes, since a token may hold half a character. */
  bytes: z.array(z.int().min(0).max(255)),
  logProb: z.number(),
  top: z.array(
    z.strictObject({ text: z.string(), bytes: z.array(z.int().min(0).max(255)), logProb: z.number() }),
  ),
});
export type TokenLogProb = z.infer<typeof tokenLogProbSchema>;

/** What the context policy left out, shown with the answer. */
export const contextUseSchema = z.strictObject({
  promptTokens: z.int().min(0),
  contextTokens: z.int().min(1),
  /** Oldest turns left out so that the rest fits; the system prompt always stays. */
  droppedTurns: z.int().min(0),
});
export type ContextUse = z.infer<typeof contextUseSchema>;

export const usageSchema = z.strictObject({
  promptTokens: z.int().min(0),
  /** Prompt tokens that were already in a slot's cache. */
  cachedTokens: z.int().min(0),
  completionTokens: z.int().min(0),
});
export type Usage = z.infer<typeof usageSchema>;

export const timingsSchema = z.strictObject({
  /** From taking the job to the first token, ms. */
  firstTokenMs: z.number().min(0),
  /** From taking the job to the last token, ms. */
  totalMs: z.number().min(0),
  /** From enqueueing to taking the job, ms. */
  queueMs: z.number().min(0),
  tokensPerSecond: z.number().min(0),
});
export type Timings = z.infer<typeof timingsSchema>;

/** Where an answer came from, in full. */
export const provenanceSchema = z.strictObject({
  modelVersionId: z.uuid(),
  modelName: z.string(),
  modelSha256: z.string(),
  adapterSha256: z.string().nullable(),
  templateHash: z.string(),
  sampling: samplingSchema,
  /** Of the answer that was given. */
  seed: z.int(),
  engine: z.string(),
  /** Set where a reward model picked it. */
  bestOf: z
    .strictObject({
      rewardVersionId: z.uuid(),
      rewardName: z.string(),
      /** Of all that were written, in their order; the highest is that of the one that was given. */
      scores: z.array(z.number()).min(1),
    })
    .optional(),
});
export type Provenance = z.infer<typeof provenanceSchema>;

/** Entry of a generation's Redis stream. `offset` counts UTF-16 units of the answer before `text`, so that reading twice doubles nothing. */
export const generationEventSchema = z.discriminatedUnion('type', [
  /** A training run has the machine to itself; the answer begins after it. */
  z.strictObject({ type: z.literal('waiting') }),
  z.strictObject({ type: z.literal('started'), context: contextUseSchema }),
  z.strictObject({
    type: z.literal('delta'),
    offset: z.int().min(0),
    text: z.string(),
    logProbs: z.array(tokenLogProbSchema).optional(),
  }),
  /** Best of N: how far it is before there is a text. */
  z.strictObject({
    type: z.literal('progress'),
    /** Answers that are written, of how many. */
    written: z.int().min(0),
    count: z.int().min(2),
  }),
  z.strictObject({
    type: z.literal('done'),
    stopReason: z.enum(stopReasons),
    usage: usageSchema,
    timings: timingsSchema,
    /** Null when it was stopped before a model took it. */
    provenance: provenanceSchema.nullable(),
  }),
  z.strictObject({ type: z.literal('failed'), ...failureSchema.shape }),
]);
export type GenerationEvent = z.infer<typeof generationEventSchema>;

/** Job of the `embed` queue; its return value is `{ embeddings: number[][], promptTokens }`. */
export const embedJobSchema = z.strictObject({
  requestId: z.string(),
  modelVersionId: z.uuid(),
  inputs: z.array(z.string().min(1)).min(1).max(2048),
});
export type EmbedJob = z.infer<typeof embedJobSchema>;
export const embedResultSchema = z.strictObject({
  embeddings: z.array(z.array(z.number())),
  promptTokens: z.int().min(0),
});
export type EmbedResult = z.infer<typeof embedResultSchema>;
