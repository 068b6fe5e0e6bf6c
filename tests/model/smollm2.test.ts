/** The serving path with a real model, by opt-in: `ATTUNE_TEST_SMOLLM2=path/to/SmolLM2-135M-Instruct.gguf`. Nothing about its wording. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schemaGrammar } from '../../common/llama/json-grammar.js';
import { LlamaModel } from '../../common/llama/model.js';
import { ChatTemplate } from '../../worker/data/chat-template.js';
import { ask, withLoop } from '../support/answers.js';
import { testLibraries } from '../support/test-device.js';

const path = process.env.ATTUNE_TEST_SMOLLM2;

describe.skipIf(!path)('SmolLM2-135M-Instruct', () => {
  let model: LlamaModel;
  const prompt = (content: string) =>
    new ChatTemplate(model.vocabulary).encodeConversation([{ role: 'user', content }], {
      addGenerationPrompt: true,
    });
  beforeAll(async () => {
    model = await LlamaModel.open(path ?? '', testLibraries);
  });
  afterAll(() => model[Symbol.dispose]());

  it('ends its turn by itself, having said something', async () => {
    await withLoop(model, { slots: 2, contextTokens: 1024, threads: 2 }, async (loop) => {
      const answer = await ask(loop, prompt('What is the capital of France? Answer in one sentence.'), {
        sampling: { temperature: 0, maxTokens: 100 },
      });
      expect(answer.stopReason).toBe('end');
      expect(answer.text).toMatch(/\p{L}{3,}.*[.!?]/u);
    });
  });

  it('gives JSON that satisfies a schema', async () => {
    const grammar = await schemaGrammar({
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer' } },
    });
    await withLoop(model, { slots: 2, contextTokens: 1024, threads: 2 }, async (loop) => {
      const answer = await ask(loop, prompt('Invent a person, as JSON.'), {
        grammar,
        sampling: { temperature: 0, maxTokens: 100 },
      });
      expect(answer.stopReason).toBe('end');
      expect(JSON.parse(answer.text)).toEqual({ name: expect.any(String), age: expect.any(Number) });
    });
  });
});
