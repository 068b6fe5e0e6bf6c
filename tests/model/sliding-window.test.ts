/** Caches of a model whose layers see a window of the text: whatever an answer begins with, it is to be as if computed anew. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchLoop } from '../../worker/inference/loop/batch-loop.js';
import {
  ask,
  openTinyModel,
  randomIds,
  withLoop,
  type Answer,
  type OpenTinyModel,
} from '../support/answers.js';

/** The tiny model is so sure of itself that only what it might have said else shows a mistake. */
const options = { sampling: { temperature: 0 }, topLogProbs: 20, logProbTemperature: 10 };
const conversation = randomIds(1, 200);
const beginning = conversation.slice(0, 150);

describe('a model with a sliding window', () => {
  let tiny: OpenTinyModel;
  beforeAll(async () => {
    tiny = await openTinyModel({ architecture: 'gemma3', endless: true });
  });
  afterAll(() => tiny.close());

  async function expectAsFresh(answer: Answer, prompt: readonly number[]) {
    const fresh = await withLoop(tiny.model, { slots: 1 }, (loop) => ask(loop, prompt, options));
    expect(answer.tokens).toEqual(fresh.tokens);
    const listed = ({ logProbs }: Answer) => logProbs.flatMap(({ top }) => top.map(({ logProb }) => logProb));
    const expected = listed(fresh);
    for (const [i, logProb] of listed(answer).entries()) expect(logProb).toBeCloseTo(expected[i] ?? NaN, 3);
  }

  /** @param use  takes the conversation as it was parked, its answer included */
  const withParked = (use: (loop: BatchLoop, parked: readonly number[]) => Promise<void>) => {
    const parking = { memoryBytes: 1e8, diskBytes: 0, folder: null };
    return withLoop(tiny.model, { slots: 1, parking }, async (loop) => {
      const { tokens } = await ask(loop, conversation, options);
      await ask(loop, randomIds(2, 200));
      // The last token was drawn, and not computed any more.
      await use(loop, [...conversation, ...tokens.slice(0, -1)]);
    });
  };

  it('goes on from a parked conversation', async () => {
    await withParked(async (loop, parked) => {
      const prompt = [...parked, ...randomIds(3, 3)];
      const answer = await ask(loop, prompt, options);
      expect(answer.cachedTokens).toBe(parked.length);
      await expectAsFresh(answer, prompt);
    });
  });

  it('computes a parked conversation anew that goes on from its middle', async () => {
    await withParked(async (loop) => {
      const prompt = [...beginning, ...randomIds(3, 3)];
      await expectAsFresh(await ask(loop, prompt, options), prompt);
    });
  });

  it('computes a conversation anew that goes on from its middle after it was brought back', async () => {
    await withParked(async (loop, parked) => {
      await ask(loop, [...parked, ...randomIds(3, 3)]);
      const prompt = [...beginning, ...randomIds(4, 3)];
      await expectAsFresh(await ask(loop, prompt, options), prompt);
    });
  });

  it.each([true, false])('cuts and copies what was not parked (common cache: %s)', async (sharesCells) => {
    await withLoop(tiny.model, { slots: 2, sharesCells }, async (loop) => {
      await ask(loop, conversation);
      const prompts = [3, 4, 5].map((seed) => [...beginning, ...randomIds(seed, 3)]);
      const answers = await Promise.all(prompts.map((prompt) => ask(loop, prompt, options)));
      for (const [i, answer] of answers.entries()) {
        expect(answer.cachedTokens).toBe(beginning.length);
        await expectAsFresh(answer, prompts[i] ?? []);
      }
    });
  });

  it('computes anew what gave way to others in a common cache', async () => {
    await withLoop(tiny.model, { slots: 2, sharesCells: true }, async (loop) => {
      await ask(loop, randomIds(2, 200));
      await ask(loop, conversation);
      // Takes the first one's place, and some of the second one's that is outside its window.
      await ask(loop, randomIds(3, 400));
      const prompt = [...conversation.slice(0, 60), ...randomIds(4, 3)];
      await expectAsFresh(await ask(loop, prompt, options), prompt);
    });
  });
});
