import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyJsonGrammar, schemaGrammar } from '../../common/llama/json-grammar.js';
import { ask, openTinyModel, withLoop, type OpenTinyModel } from '../support/answers.js';
import { llamaLogProbs } from '../support/llama-log-probs.js';

describe('what the batch loop reports', () => {
  let tiny: OpenTinyModel;
  beforeAll(async () => {
    tiny = await openTinyModel();
  });
  afterAll(() => tiny.close());

  it('reports the log-probs that the network gives, and the likeliest alternatives in order', async () => {
    const prompt = tiny.model.vocabulary.tokenize('What is on the other side');
    const answer = await withLoop(tiny.model, {}, (loop) =>
      ask(loop, prompt, {
        topLogProbs: 3,
        sampling: { maxTokens: 12, temperature: 1.5, topK: 0, topP: 1, minP: 0 },
      }),
    );
    const all = [...prompt, ...answer.tokens];
    const expected = await llamaLogProbs(tiny.model.path, all, {
      vocabularySize: tiny.model.vocabulary.size,
    });
    expect(answer.logProbs).toHaveLength(answer.tokens.length);
    for (const [i, { logProb, top }] of answer.logProbs.entries()) {
      // The cache of keys and values is in half precision here, in single precision there.
      expect(Math.abs(logProb - (expected[prompt.length - 1 + i] ?? NaN))).toBeLessThan(0.02);
      expect(top).toHaveLength(3);
      expect(top.map((other) => other.logProb)).toEqual(
        top.map((other) => other.logProb).sort((a, b) => b - a),
      );
      expect(logProb).toBeLessThanOrEqual((top[0]?.logProb ?? 0) + 1e-9);
    }
  });

  it('takes the likeliest token at temperature 0', async () => {
    const answer = await withLoop(tiny.model, {}, (loop) =>
      ask(loop, 'Say', { topLogProbs: 1, sampling: { temperature: 0 } }),
    );
    for (const { logProb, top } of answer.logProbs) expect(logProb).toBe(top[0]?.logProb);
  });

  it('computes no log-probs unless asked', async () => {
    const answer = await withLoop(tiny.model, {}, (loop) => ask(loop, 'Say'));
    expect(answer.logProbs).toEqual([]);
  });

  it('shows whole characters only', async () => {
    // Random bytes: some are halves of characters, which must wait for their rest or be replaced, never split.
    const answer = await withLoop(tiny.model, {}, (loop) =>
      ask(loop, '世界', { sampling: { temperature: 2, maxTokens: 200, topK: 0, topP: 1, minP: 0 } }),
    );
    for (const delta of answer.deltas) expect(Buffer.from(delta).toString()).toBe(delta);
    const bytes = answer.tokens.flatMap((token) => [...tiny.model.vocabulary.tokenBytes(token)]);
    const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes), {
      stream: true,
    });
    expect(answer.text).toBe(decoded.replaceAll('\0', '\uFFFD'));
  });

  it('holds an answer to any JSON', async () => {
    await withLoop(tiny.model, {}, async (loop) => {
      const options = { grammar: anyJsonGrammar, sampling: { maxTokens: 400 } };
      const answers = await Promise.all([1, 2, 3, 4].map((seed) => ask(loop, 'JSON:', { seed, ...options })));
      const ended = answers.filter((answer) => answer.stopReason === 'end');
      expect(ended.length).toBeGreaterThan(0);
      for (const answer of ended) expect(() => JSON.parse(answer.text)).not.toThrow();
    });
  });

  it('holds an answer to a JSON schema', async () => {
    const grammar = await schemaGrammar({
      type: 'object',
      properties: { age: { type: 'integer' }, kind: { enum: ['cat', 'dog'] }, ok: { type: 'boolean' } },
    });
    await withLoop(tiny.model, {}, async (loop) => {
      const answers = await Promise.all(
        [1, 2, 3, 4].map((seed) => ask(loop, 'JSON:', { seed, grammar, sampling: { maxTokens: 200 } })),
      );
      for (const answer of answers) {
        expect(answer.stopReason).toBe('end');
        const value: unknown = JSON.parse(answer.text);
        expect(value).toEqual({
          age: expect.any(Number),
          kind: expect.stringMatching(/^(cat|dog)$/),
          ok: expect.any(Boolean),
        });
      }
    });
  });

  it('goes on within the grammar from text that is there', async () => {
    const grammar = await schemaGrammar({ type: 'object', properties: { kind: { enum: ['cat', 'dog'] } } });
    const { vocabulary } = tiny.model;
    const beginning = '{"kind": "d';
    const prompt = [...vocabulary.tokenize('JSON:'), ...vocabulary.tokenize(beginning)];
    const prefixTokens = vocabulary.tokenize(beginning).length;
    await withLoop(tiny.model, {}, async (loop) => {
      const answer = await ask(loop, prompt, { grammar, prefixTokens });
      expect(JSON.parse(beginning + answer.text)).toEqual({ kind: 'dog' });
      const wrong = ask(loop, [...vocabulary.tokenize('JSON: no')], { grammar, prefixTokens: 2 });
      await expect(wrong).rejects.toMatchObject({ code: 'GENERATION_FORMAT_UNSUPPORTED' });
    });
  });

  it('refuses a grammar that cannot be read and goes on serving', async () => {
    await withLoop(tiny.model, {}, async (loop) => {
      const broken = ask(loop, 'x', { grammar: 'root ::= ("a' });
      await expect(broken).rejects.toMatchObject({ code: 'GENERATION_FORMAT_UNSUPPORTED' });
      expect((await ask(loop, 'x')).tokens.length).toBeGreaterThan(0);
    });
  });

  it('makes repeated tokens rarer with a repeat penalty', async () => {
    await withLoop(tiny.model, {}, async (loop) => {
      const distinct = async (repeatPenalty: number) => {
        const answer = await ask(loop, 'aaaa', {
          sampling: { temperature: 0, maxTokens: 60, repeatPenalty },
        });
        return new Set(answer.tokens).size / answer.tokens.length;
      };
      expect(await distinct(2)).toBeGreaterThan(await distinct(1));
    });
  });
});
