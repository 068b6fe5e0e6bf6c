import { writeFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchLoop } from '../../worker/inference/loop/batch-loop.js';
import { ask, longText, openTinyModel, randomIds, withLoop, type OpenTinyModel } from '../support/answers.js';

describe('the batch loop', () => {
  let tiny: OpenTinyModel;
  beforeAll(async () => {
    tiny = await openTinyModel();
  });
  afterAll(() => tiny.close());

  it('gives the same text for the same seed and another for another', async () => {
    await withLoop(tiny.model, {}, async (loop) => {
      const first = await ask(loop, 'Once upon', { seed: 7 });
      const again = await ask(loop, 'Once upon', { seed: 7 });
      const other = await ask(loop, 'Once upon', { seed: 8 });
      expect(again.tokens).toEqual(first.tokens);
      expect(other.tokens).not.toEqual(first.tokens);
      expect(first.tokens.length).toBeGreaterThan(0);
    });
  });

  it('answers many prompts at once as it answers each alone', async () => {
    const prompts = ['a', 'The quick brown', longText(40), 'in the', 'there', longText(10)];
    const options = { sampling: { temperature: 0 } };
    const together = await withLoop(tiny.model, {}, (loop) =>
      Promise.all(prompts.map((prompt) => ask(loop, prompt, options))),
    );
    for (const [i, prompt] of prompts.entries()) {
      const alone = await withLoop(tiny.model, { slots: 1 }, (loop) => ask(loop, prompt, options));
      expect(together[i]?.text).toBe(alone.text);
    }
  });

  it.each([true, false])(
    'computes a shared prompt once for n answers (common cache: %s)',
    async (sharesCells) => {
      const prompt = longText(30);
      const count = tiny.model.vocabulary.tokenize(prompt).length;
      await withLoop(tiny.model, { sharesCells }, async (loop) => {
        const answers = await Promise.all([1, 2, 3, 4].map((seed) => ask(loop, prompt, { seed })));
        expect(loop.stats.promptTokens).toBeLessThan(count + 8);
        expect(answers.map((answer) => answer.cachedTokens)).toEqual([0, count - 1, count - 1, count - 1]);
        for (const [i, answer] of answers.entries()) {
          const alone = await withLoop(tiny.model, { slots: 1 }, (single) =>
            ask(single, prompt, { seed: i + 1 }),
          );
          expect(answer.text).toBe(alone.text);
        }
      });
    },
  );

  it('goes on from a cached beginning as from a fresh one', async () => {
    const options = { sampling: { temperature: 0 } };
    await withLoop(tiny.model, {}, async (loop) => {
      const first = await ask(loop, longText(20), options);
      const next = `${longText(20)}${first.text} and then`;
      const reused = await ask(loop, next, options);
      expect(reused.cachedTokens).toBeGreaterThan(50);
      const fresh = await withLoop(tiny.model, { slots: 1 }, (single) => ask(single, next, options));
      expect(fresh.cachedTokens).toBe(0);
      expect(reused.text).toBe(fresh.text);
    });
  });

  it('keeps running answers moving while a long prompt is read', async () => {
    await withLoop(tiny.model, { promptDelayMs: 0 }, async (loop) => {
      const order: string[] = [];
      let long: Promise<unknown> | undefined;
      await ask(loop, 'short', {
        sampling: { maxTokens: 60, temperature: 0 },
        onDelta: () => {
          order.push('running');
          long ??= ask(loop, longText(60), { onDelta: () => order.push('long') });
        },
      });
      await long;
      // The prompt is read in small chunks, with a token of the running answer beside each.
      expect(order.indexOf('long')).toBeGreaterThan(10);
    });
  });

  it('stops within a step of being told to', async () => {
    await withLoop(tiny.model, {}, async (loop) => {
      const stop = new AbortController();
      let seen = 0;
      const answer = await ask(loop, 'Go on and on', {
        sampling: { maxTokens: 400, temperature: 2 },
        signal: stop.signal,
        onDelta: () => {
          if (++seen === 3) stop.abort();
        },
      });
      expect(answer.stopReason).toBe('cancelled');
      // One token was being computed when the third was shown.
      expect(answer.tokens.length).toBeLessThan(10);
      expect(loop.stats.busySlots).toBe(0);
    });
  });

  it('cancels an answer that still waits for a slot', async () => {
    await withLoop(tiny.model, { slots: 1 }, async (loop) => {
      const stop = new AbortController();
      const running = ask(loop, 'first', { sampling: { maxTokens: 30 } });
      const waiting = ask(loop, 'second', { signal: stop.signal });
      stop.abort();
      expect((await waiting).stopReason).toBe('cancelled');
      expect((await running).stopReason).not.toBe('cancelled');
    });
  });

  it('ends at the largest number of tokens', async () => {
    await withLoop(tiny.model, {}, async (loop) => {
      const answer = await ask(loop, 'x', { sampling: { maxTokens: 5, temperature: 0 } });
      expect(answer).toMatchObject({ stopReason: 'length', promptTokens: 1 });
      expect(answer.tokens).toHaveLength(5);
    });
  });

  it('ends an answer when the context is full and refuses a prompt that fills it', async () => {
    await withLoop(tiny.model, { contextTokens: 256 }, async (loop) => {
      const prompt = tiny.model.vocabulary.tokenize(longText(200)).slice(0, 250);
      const answer = await ask(loop, prompt, { sampling: { maxTokens: 100, temperature: 0 } });
      expect(answer.stopReason).toBe('context');
      await expect(ask(loop, tiny.model.vocabulary.tokenize(longText(200)))).rejects.toMatchObject({
        code: 'GENERATION_CONTEXT_EXCEEDED',
      });
    });
  });

  it('never shows a stop string, nor a part of it', async () => {
    await withLoop(tiny.model, {}, async (loop) => {
      const free = await ask(loop, 'Tell', { sampling: { maxTokens: 40, temperature: 0 } });
      const stop = free.text.slice(5, 9);
      const stopped = await ask(loop, 'Tell', { sampling: { maxTokens: 40, temperature: 0, stop: [stop] } });
      expect(stopped.stopReason).toBe('stop');
      expect(stopped.text).toBe(free.text.slice(0, free.text.indexOf(stop)));
    });
  });

  it('parks the caches of idle conversations and brings them back', async () => {
    const options = { sampling: { temperature: 0 } };
    const parking = { memoryBytes: 200_000, diskBytes: 10_000_000, folder: `${tiny.folder}/parked` };
    const prompts = ['A', 'B', 'C', 'D'].map((letter) => `${letter} ${longText(40)}`);
    await withLoop(tiny.model, { slots: 1, parking }, async (loop) => {
      const first = [];
      for (const prompt of prompts) first.push(await ask(loop, prompt, options));
      for (const [i, prompt] of prompts.entries()) {
        const again = await ask(loop, prompt, options);
        expect(again.cachedTokens).toBe(again.promptTokens - 1);
        expect(again.text).toBe(first[i]?.text);
      }
    });
  });

  it('copies a beginning before a parked conversation takes the place that it is copied from', async () => {
    const options = { sampling: { temperature: 0 }, topLogProbs: 0 };
    const shared = randomIds(1, 120);
    const parked = randomIds(2, 120);
    const copying = [...shared, ...randomIds(3, 40)];
    const coming = [...parked, ...randomIds(4, 20)];
    const parking = { memoryBytes: 1e8, diskBytes: 0, folder: null };
    const afterTheSame = <T>(use: (loop: BatchLoop) => Promise<T>) =>
      withLoop(tiny.model, { slots: 2, parking }, async (loop) => {
        for (const prompt of [parked, randomIds(5, 120), [...shared, ...randomIds(6, 200)]]) {
          await ask(loop, prompt);
          // Caches are parked once nobody asks.
          await setImmediate();
        }
        return use(loop);
      });
    const alone = await afterTheSame((loop) => ask(loop, copying, options));
    const [beside, back] = await afterTheSame((loop) =>
      Promise.all([ask(loop, copying, options), ask(loop, coming, options)]),
    );
    expect([beside.cachedTokens, back.cachedTokens]).toEqual([shared.length, parked.length]);
    expect(beside.text).toBe(alone.text);
    expect(beside.logProbs[0]?.logProb).toBeCloseTo(alone.logProbs[0]?.logProb ?? NaN, 3);
  });

  it('goes without the caches that the disk does not take', async () => {
    const file = `${tiny.folder}/no-folder`;
    await writeFile(file, '');
    const parking = { memoryBytes: 0, diskBytes: 10_000_000, folder: `${file}/parked` };
    await withLoop(tiny.model, { slots: 1, parking }, async (loop) => {
      for (const letter of ['A', 'B', 'A']) {
        const answer = await ask(loop, `${letter} ${longText(40)}`);
        expect([answer.stopReason, answer.cachedTokens]).toEqual(['length', 0]);
      }
    });
  });

  it('fills a common cache and makes room in it', async () => {
    await withLoop(tiny.model, { slots: 2, contextTokens: 256, sharesCells: true }, async (loop) => {
      for (let i = 0; i < 6; i++) await ask(loop, `${i} ${longText(30)}`);
      const both = await Promise.all(
        ['x', 'y'].map((letter) =>
          ask(loop, `${letter} ${longText(20)}`, { sampling: { maxTokens: 500, temperature: 0 } }),
        ),
      );
      expect(both.map((answer) => answer.stopReason)).toContain('context');
    });
  });
});
