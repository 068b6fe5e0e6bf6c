/** What `POST /v1/chat/completions` answers with, whole and in chunks. */
import { z } from 'zod';
import type { StopReason, TokenLogProb, Usage } from '../../common/contracts/generation.js';
import type { GenerationEntity } from '../../common/database/generation.entity.js';

const bytes = z.array(z.int()).nullable();
const tokenSchema = z.strictObject({ token: z.string(), logprob: z.number(), bytes });
const logProbsSchema = z
  .strictObject({
    content: z.array(tokenSchema.extend({ top_logprobs: z.array(tokenSchema) })),
    refusal: z.null(),
  })
  .nullable();
const finishReasonSchema = z.enum(['stop', 'length']);
const usageSchema = z.strictObject({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  prompt_tokens_details: z.strictObject({ cached_tokens: z.int() }),
});

export const completionSchema = z.strictObject({
  id: z.string(),
  object: z.literal('chat.completion'),
  /** Seconds since 1970. */
  created: z.int(),
  model: z.string(),
  system_fingerprint: z.string().nullable(),
  choices: z.array(
    z.strictObject({
      index: z.int(),
      message: z.strictObject({ role: z.literal('assistant'), content: z.string(), refusal: z.null() }),
      logprobs: logProbsSchema,
      finish_reason: finishReasonSchema,
    }),
  ),
  usage: usageSchema,
});
export type Completion = z.infer<typeof completionSchema>;

export const completionChunkSchema = z.strictObject({
  id: z.string(),
  object: z.literal('chat.completion.chunk'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.strictObject({
      index: z.int(),
      delta: z.strictObject({ role: z.literal('assistant').optional(), content: z.string().optional() }),
      logprobs: logProbsSchema,
      finish_reason: finishReasonSchema.nullable(),
    }),
  ),
  /** Only when asked for: null but in the last chunk. */
  usage: usageSchema.nullable().optional(),
});
export type CompletionChunk = z.infer<typeof completionChunkSchema>;

/** What all chunks of a completion, and the whole of it, have in common. */
export interface CompletionHead {
  id: string;
  created: number;
  model: string;
}

/** @param rows  the choices' finished generations, in order, with their log-probs */
export function toCompletion(head: CompletionHead, rows: readonly GenerationEntity[]): Completion {
  const provenance = rows[0]?.provenance;
  return {
    ...head,
    object: 'chat.completion',
    system_fingerprint: provenance
      ? `fp_${(provenance.adapterSha256 ?? provenance.modelSha256).slice(0, 12)}`
      : null,
    choices: rows.map((row, index) => ({
      index,
      message: { role: 'assistant', content: row.text, refusal: null },
      logprobs: toLogProbs(row.logProbs),
      finish_reason: toFinishReason(row.stopReason ?? 'end'),
    })),
    usage: toUsage(rows.map((row) => row.usage)),
  };
}

/** The prompt is counted once however many choices share it. */
export function toUsage(usages: readonly (Usage | null)[]): Completion['usage'] {
  const promptTokens = Math.max(0, ...usages.map((usage) => usage?.promptTokens ?? 0));
  const completionTokens = usages.reduce((sum, usage) => sum + (usage?.completionTokens ?? 0), 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: usages[0]?.cachedTokens ?? 0 },
  };
}

const finishReasons = {
  end: 'stop',
  stop: 'stop',
  cancelled: 'stop',
  length: 'length',
  context: 'length',
  failed: 'stop',
} as const satisfies Record<StopReason, 'stop' | 'length'>;

export function toFinishReason(reason: StopReason): 'stop' | 'length' {
  return finishReasons[reason];
}

export function toLogProbs(
  tokens: readonly TokenLogProb[] | null | undefined,
): z.infer<typeof logProbsSchema> {
  if (!tokens) return null;
  return {
    content: tokens.map(({ text, bytes, logProb, top }) => ({
      token: text,
      bytes,
      logprob: logProb,
      top_logprobs: top.map((other) => ({ token: other.text, bytes: other.bytes, logprob: other.logProb })),
    })),
    refusal: null,
  };
}
