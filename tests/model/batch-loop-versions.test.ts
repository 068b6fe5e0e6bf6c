import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoraAdapter } from '../../common/llama/model.js';
import { ask, longText, openTinyModel, withLoop, type OpenTinyModel } from '../support/answers.js';
import { writeTinyAdapter } from '../support/tiny-adapter.js';

const greedy = { sampling: { temperature: 0, maxTokens: 24 } };

describe('versions in the batch loop', () => {
  let tiny: OpenTinyModel;
  let adapter: LoraAdapter;
  beforeAll(async () => {
    tiny = await openTinyModel();
    const file = path.join(tiny.folder, 'adapter.gguf');
    await writeTinyAdapter(file);
    adapter = await tiny.model.openAdapter(file);
  });
  afterAll(() => tiny.close());

  it('swaps an adapter in and out of the resident base', async () => {
    await withLoop(tiny.model, { slots: 1 }, async (loop) => {
      const base = await ask(loop, 'Once upon', greedy);
      const tuned = await ask(loop, 'Once upon', { ...greedy, adapter });
      const restored = await ask(loop, 'Once upon', greedy);
      expect(tuned.tokens).not.toEqual(base.tokens);
      expect(restored.tokens).toEqual(base.tokens);
    });
  });

  it('runs two versions side by side, each as it answers alone', async () => {
    const prompt = longText(20);
    const alone = await withLoop(tiny.model, {}, async (loop) => [
      await ask(loop, prompt, greedy),
      await ask(loop, prompt, { ...greedy, adapter }),
    ]);
    const together = await withLoop(tiny.model, {}, (loop) =>
      Promise.all([ask(loop, prompt, greedy), ask(loop, prompt, { ...greedy, adapter })]),
    );
    expect(together.map((answer) => answer.tokens)).toEqual(alone.map((answer) => answer.tokens));
    expect(together.map((answer) => answer.cachedTokens)).toEqual([0, 0]);
  });

  it('never goes on from a cache that another version computed', async () => {
    await withLoop(tiny.model, {}, async (loop) => {
      await ask(loop, longText(20), greedy);
      const tuned = await ask(loop, longText(20), { ...greedy, adapter });
      expect(tuned.cachedTokens).toBe(0);
      await loop.forgetAdapter(adapter);
      expect((await ask(loop, longText(20), { ...greedy, adapter })).cachedTokens).toBe(0);
    });
  });

  it('refuses an adapter that was made for another model', async () => {
    const file = path.join(tiny.folder, 'other.gguf');
    await writeTinyAdapter(file, { width: 32 });
    await expect(tiny.model.openAdapter(file)).rejects.toMatchObject({ code: 'ADAPTER_MISMATCH' });
  });
});
