import { describe, expect, it } from 'vitest';
import { completionRequestSchema } from '../../server/openai/completion-request.js';

const parse = (parameters: object) =>
  completionRequestSchema.safeParse({
    model: 'm',
    messages: [{ role: 'user', content: 'Hi' }],
    ...parameters,
  });

describe('a request for a completion', () => {
  it.each([
    { tools: [], tool_choice: 'none' },
    { functions: [], function_call: 'none' },
    { logit_bias: {} },
    { modalities: ['text'], audio: null },
    { moderation: null },
    { prediction: null },
    { prediction: { type: 'content', content: 'Hi there' } },
    { prompt_cache_options: { mode: 'implicit', ttl: '30m' } },
  ])('may say what changes nothing about the answer: %j', (parameters) => {
    expect(parse(parameters).success).toBe(true);
  });

  it.each([
    { tools: [{ type: 'function', function: { name: 'x' } }] },
    { function_call: { name: 'x' } },
    { audio: { voice: 'alloy', format: 'wav' } },
    { moderation: { model: 'omni-moderation-latest' } },
    { web_search_options: {} },
  ])('is refused when the answer would not be what it asks for: %j', (parameters) => {
    expect(parse(parameters).success).toBe(false);
  });
});
