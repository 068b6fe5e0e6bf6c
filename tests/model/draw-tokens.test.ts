import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultSampling } from '../../common/contracts/sampling.js';
import type { LlamaContext } from '../../common/llama/context.js';
import { Sampler } from '../../common/llama/sampler.js';
import { drawInTurns, drawSideBySide, type Draw } from '../../worker/inference/loop/draw-tokens.js';
import { openTinyModel, type OpenTinyModel } from '../support/answers.js';

let tiny: OpenTinyModel;
let context: LlamaContext;
/** Places of the batch whose logits are read. */
const places: number[] = [];

beforeAll(async () => {
  tiny = await openTinyModel();
  context = tiny.model.createContext({
    contextTokens: 64,
    sequences: 4,
    batchTokens: 64,
    threads: 1,
    sharesCells: false,
  });
  // The longest first: llama.cpp computes it last, and has to put the rows in order before they are read.
  for (let sequence = 0; sequence < 4; sequence++)
    for (let position = 0; position <= 9 - 3 * sequence; position++) {
      const isLast = position === 9 - 3 * sequence;
      const index = context.batch.add(40 + position, position, sequence, isLast);
      if (isLast) places.push(index);
    }
  expect(await context.decode()).toBe('done');
});

afterAll(async () => {
  context[Symbol.dispose]();
  await tiny.close();
});

/** Samplers that are alike for the same arguments, each with a seed and a place of its own. */
function makeDraws(count: number, grammar: string | null = null): Draw[] {
  const sampling = { ...defaultSampling, temperature: 2, topK: 0, topP: 1, minP: 0 };
  const { api, vocabulary } = tiny.model;
  return Array.from({ length: count }, (_, seed) => ({
    sampler: new Sampler(api, vocabulary, { sampling, seed, grammar }),
    index: places[seed % places.length] ?? 0,
  }));
}

async function drawWith(how: typeof drawInTurns | typeof drawSideBySide, draws: Draw[]) {
  const tokens = await how(context, draws);
  for (const { sampler } of draws) sampler[Symbol.dispose]();
  return tokens;
}

describe('drawing the tokens of a step side by side', () => {
  test('gives what drawing them in turns gives', async () => {
    const count = 600;
    // On threads first, so that nothing has read the outputs before them.
    const sideBySide = await drawWith(drawSideBySide, makeDraws(count));
    expect(sideBySide).toEqual(await drawWith(drawInTurns, makeDraws(count)));
    expect(new Set(sideBySide).size).toBeGreaterThan(tiny.model.vocabulary.size / 4);
  });

  test('keeps to a grammar', async () => {
    const tokens = await drawWith(drawSideBySide, makeDraws(40, 'root ::= "a" | "b"'));
    const texts = tokens.map((token) => token !== null && tiny.model.vocabulary.tokenBytes(token));
    const decoder = new TextDecoder();
    expect(new Set(texts.map((bytes) => bytes && decoder.decode(bytes)))).toEqual(new Set(['a', 'b']));
  });

  test('gives nothing where there is nothing to draw', async () => {
    expect(await drawWith(drawSideBySide, [])).toEqual([]);
  });
});
