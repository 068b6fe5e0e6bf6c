import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LlamaContext } from '../../common/llama/context.js';
import { openTinyModel, type OpenTinyModel } from '../support/answers.js';

let tiny: OpenTinyModel;
beforeAll(async () => {
  tiny = await openTinyModel();
});
afterAll(() => tiny.close());

function openContext(threads: number): LlamaContext {
  return tiny.model.createContext({
    contextTokens: 64,
    sequences: 1,
    batchTokens: 64,
    threads,
    sharesCells: false,
  });
}

/** @returns logits after each of two decodes: a prompt, and one token more */
async function compute(context: LlamaContext): Promise<Float32Array[]> {
  const tokens = Array.from({ length: 24 }, (_, i) => (i * 37) % 256);
  tokens.forEach((token, i) => context.batch.add(token, i, 0, i === tokens.length - 1));
  await context.decode();
  const afterPrompt = context.logits(tokens.length - 1);
  context.batch.clear();
  context.batch.add(7, tokens.length, 0, true);
  await context.decode();
  return [afterPrompt, context.logits(0)];
}

it('computes the same to the last bit on however many threads', async () => {
  using alone = openContext(1);
  using shared = openContext(3);
  expect(await compute(shared)).toEqual(await compute(alone));
});

it.runIf(process.platform === 'linux')('keeps its threads until its context goes', async () => {
  const listThreads = () => readdirSync('/proc/self/task');
  const before = listThreads();
  const context = openContext(3);
  const own = listThreads().filter((thread) => !before.includes(thread));
  expect(own).toHaveLength(2);
  await compute(context);
  expect(listThreads()).toEqual(expect.arrayContaining(own));
  context[Symbol.dispose]();
  expect(listThreads().filter((thread) => own.includes(thread))).toEqual([]);
});
