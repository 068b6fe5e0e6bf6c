/** What `POST /v1/chat/completions` takes, as OpenAI's clients send it, and what Attune makes of it. */
import { z } from 'zod';
import type { ChatTurn, GenerationRequest, ResponseFormat } from '../../common/contracts/generation.js';
import { samplingSchema, seedCount, type Sampling } from '../../common/contracts/sampling.js';

const textPart = z.object({ type: z.literal('text', 'only text is understood here'), text: z.string() });
const content = z.union([z.string(), z.array(textPart).min(1)], 'expected a string or a list of text parts');
const message = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.enum(['system', 'developer', 'user']), content }),
    z.object({ role: z.literal('assistant'), content: content.nullish() }),
  ],
  'expected a role of system, developer, user or assistant',
);

const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: z.string(),
      description: z.string().nullish(),
      schema: z.record(z.string(), z.unknown()),
      strict: z.boolean().nullish(),
    }),
  }),
]);

/** Refused rather than ignored: an answer without them would not be what was asked for. */
const unsupported = (what: string) =>
  z.union([z.array(z.never()), z.record(z.string(), z.never())], `${what} are not supported here`).nullish();

export const completionRequestSchema = z
  .strictObject({
    model: z.string().min(1).max(200),
    messages: z.array(message).min(1).max(10_000),
    stream: z.boolean().nullish(),
    stream_options: z
      .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
      .nullish(),
    n: z.int().min(1).max(16).nullish(),
    /** So many answers are written, and a reward model of the model's base picks the one that is given; with n of 1 alone. */
    best_of: z.int().min(1).max(16).nullish(),
    seed: z.int().nullish(),
    stop: z.union([z.string().min(1).max(200), z.array(z.string().min(1).max(200)).max(8)]).nullish(),
    max_tokens: z.int().min(1).nullish(),
    max_completion_tokens: z.int().min(1).nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    frequency_penalty: z.number().min(-2).max(2).nullish(),
    presence_penalty: z.number().min(-2).max(2).nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    response_format: responseFormat.nullish(),
    // Not OpenAI's, but what other local servers call them.
    top_k: z.int().min(0).max(1000).nullish(),
    min_p: z.number().min(0).max(1).nullish(),
    repeat_penalty: z.number().min(0.5).max(2).nullish(),
    tools: unsupported('tools'),
    functions: unsupported('functions'),
    logit_bias: unsupported('logit biases'),
    audio: unsupported('spoken answers'),
    moderation: unsupported('moderations'),
    modalities: z.array(z.literal('text', 'only text is given here')).nullish(),
    tool_choice: z.enum(['none', 'auto'], 'tools are not supported here').nullish(),
    function_call: z.enum(['none', 'auto'], 'functions are not supported here').nullish(),
    // Say nothing about the answer itself, so that ignoring them changes nothing.
    user: z.string().nullish(),
    safety_identifier: z.string().nullish(),
    prompt_cache_key: z.string().nullish(),
    prompt_cache_retention: z.string().nullish(),
    prompt_cache_options: z.record(z.string(), z.unknown()).nullish(),
    prediction: z.record(z.string(), z.unknown()).nullish(),
    service_tier: z.string().nullish(),
    metadata: z.record(z.string(), z.string()).nullish(),
    store: z.boolean().nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    reasoning_effort: z.string().nullish(),
    verbosity: z.string().nullish(),
  })
  .refine((body) => body.logprobs || body.top_logprobs == null, {
    path: ['top_logprobs'],
    message: 'takes logprobs to be true',
  })
  .refine((body) => (body.best_of ?? 1) === 1 || (body.n ?? 1) === 1, {
    path: ['best_of'],
    message: 'gives one answer of several; n must be 1',
  })
  .refine((body) => body.stream || body.stream_options == null, {
    path: ['stream_options'],
    message: 'takes stream to be true',
  });
export type CompletionRequest = z.infer<typeof completionRequestSchema>;

/** Where the caller says nothing, the answer is drawn as in the chat; it ends with the context rather than at a limit of our own. */
export function toGenerationRequest(body: CompletionRequest): GenerationRequest {
  return {
    turns: toTurns(body.messages),
    prefix: '',
    sampling: toSampling(body),
    topLogProbs: body.logprobs ? (body.top_logprobs ?? 0) : null,
    responseFormat: toResponseFormat(body.response_format),
  };
}

const maxTokensLimit = 131_072;

function toSampling(body: CompletionRequest): Sampling {
  const maxTokens = body.max_completion_tokens ?? body.max_tokens ?? maxTokensLimit;
  return samplingSchema.parse({
    temperature: body.temperature ?? undefined,
    // 0 leaves the likeliest token alone, as any share below its own does.
    topP: body.top_p == null ? undefined : Math.max(body.top_p, Number.MIN_VALUE),
    topK: body.top_k ?? undefined,
    minP: body.min_p ?? undefined,
    repeatPenalty: body.repeat_penalty ?? undefined,
    frequencyPenalty: body.frequency_penalty ?? undefined,
    presencePenalty: body.presence_penalty ?? undefined,
    // OpenAI's seeds may be negative and longer than ours.
    seed: body.seed == null ? null : ((body.seed % seedCount) + seedCount) % seedCount,
    maxTokens: Math.min(maxTokens, maxTokensLimit),
    stop: body.stop == null ? [] : [body.stop].flat(),
  });
}

/** Instructions at the start become one system prompt: chat templates know no second one there. */
function toTurns(messages: CompletionRequest['messages']): ChatTurn[] {
  const turns: ChatTurn[] = [];
  for (const { role, content: given } of messages) {
    const text = typeof given === 'string' ? given : (given ?? []).map((part) => part.text).join('');
    const isInstruction = role === 'system' || role === 'developer';
    const [first] = turns;
    if (isInstruction && turns.length === 1 && first?.role === 'system') first.content += `\n\n${text}`;
    else turns.push({ role: isInstruction ? 'system' : role, content: text });
  }
  return turns;
}

function toResponseFormat(format: CompletionRequest['response_format']): ResponseFormat {
  if (format?.type === 'json_object') return { type: 'json' };
  if (format?.type === 'json_schema') return { type: 'schema', schema: format.json_schema.schema };
  return { type: 'text' };
}
