import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { gguf } from '../../common/llama/gguf.js';
import { writeModelFile } from '../../worker/nn/model-file.js';
import { openModel, type OpenModelOptions } from '../../worker/nn/open-model.js';
import { llamaLogProbs } from '../support/llama-log-probs.js';
import {
  tinyArchitectures,
  tinyVocabularySize,
  writeTinyModel,
  type TinyModelOptions,
} from '../support/tiny-model.js';
import { plainBatch, someTokens } from '../support/token-batches.js';
import { testDevice } from '../support/test-device.js';

const folder = mkdtempSync(path.join(tmpdir(), 'attune-parity-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Weights as the file has them: repacked, or for AMX, sums are taken in another order. */
const asLaidOut = { use_extra_bufts: false };
/** A multiple of 32, by which llama.cpp rounds its cache. */
const tokens = someTokens(64);
const meanDifference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, x, i) => sum + Math.abs(x - b[i]!), 0) / a.length;

async function ours(
  file: string,
  ids: readonly number[],
  options: OpenModelOptions = {},
): Promise<Float32Array> {
  using model = await openModel(file, { ...testDevice, threads: 1, ...options });
  return (await model.forward(plainBatch([ids]), { adapterScale: 0, gradients: false })).logProbs;
}

async function difference(options: TinyModelOptions, own: OpenModelOptions = {}): Promise<number> {
  const file = path.join(folder, 'model.gguf');
  await writeTinyModel(file, options);
  const theirs = await llamaLogProbs(file, tokens, { vocabularySize: tinyVocabularySize, model: asLaidOut });
  return meanDifference(await ours(file, tokens, own), theirs);
}

describe.each(tinyArchitectures)('log-probs of a tiny %s', (architecture) => {
  // llama.cpp computes GELU by a table of halves.
  const usesGelu = architecture === 'gpt2' || architecture === 'gemma3';
  const exact = usesGelu ? 0.003 : 0.0005;

  it('equal llama.cpp in F32 and F16', async () => {
    expect(await difference({ architecture })).toBeLessThan(exact);
    expect(await difference({ architecture, type: 'F16' })).toBeLessThan(0.005);
  });

  it('equal llama.cpp with a separate head', async () => {
    expect(await difference({ architecture, untied: true })).toBeLessThan(exact);
  });

  it('are near llama.cpp in BF16', async () => {
    expect(await difference({ architecture, type: 'BF16' })).toBeLessThan(0.02);
  });

  it('equal llama.cpp in Q8_0 when the products are taken in Q8_0 too', async () => {
    // In other types the difference is llama.cpp's rounding of activations to 8 bits, which random weights make large.
    const own = { weights: { computeType: 'file' } } as const;
    // llama.cpp scales Gemma's queries before their product with the keys.
    const limit = architecture === 'gemma3' ? 0.002 : 0.00001;
    expect(await difference({ architecture, type: 'Q8_0' }, own)).toBeLessThan(limit);
  });
});

describe('RoPE scaling', () => {
  const scaled = (type: string) =>
    [
      ['llama.rope.scaling.type', gguf.text(type)],
      ['llama.rope.scaling.factor', gguf.f32(4)],
      ['llama.rope.scaling.original_context_length', gguf.u32(64)],
    ] as const;

  it.each(['linear', 'yarn'])('of kind %s equals llama.cpp', async (type) => {
    expect(await difference({ metadata: scaled(type) })).toBeLessThan(0.0005);
  });

  it('by frequency factors, as in Llama 3, equals llama.cpp', async () => {
    const factors = Float32Array.from({ length: 8 }, (_, i) => 1 + i);
    const tensor = { name: 'rope_freqs.weight', type: 'F32', shape: [8], data: factors } as const;
    expect(await difference({ tensors: [tensor] })).toBeLessThan(0.0005);
  });
});

describe.runIf(process.env['ATTUNE_TEST_SMOLLM2'])('SmolLM2-135M-Instruct', () => {
  const file = process.env['ATTUNE_TEST_SMOLLM2'] ?? '';
  const ids = [504, 3575, 282, 4649, 314, 7042, 30, 657, 314, 3560, 281, 260, 11062, 282, 260, 905, 30];
  const size = { vocabularySize: 49_152, model: asLaidOut };

  it.each(['F16', 'F32'] as const)('equals llama.cpp in %s', async (type) => {
    const converted = path.join(folder, `smollm2-${type}.gguf`);
    await writeModelFile(file, [], converted, { type });
    const theirs = await llamaLogProbs(converted, ids, size);
    expect(meanDifference(await ours(converted, ids), theirs)).toBeLessThan(0.005);
  });

  it('equals llama.cpp in Q4_1, as the file is', async () => {
    const theirs = await llamaLogProbs(file, ids, size);
    // Sums of another length would be taken in another order, and the least change flips roundings of activations to 8 bits.
    const filled = [...ids, ...ids.slice(0, 32 - ids.length)];
    const mine = await ours(file, filled, { weights: { computeType: 'file' } });
    expect(meanDifference(mine.subarray(0, ids.length - 1), theirs)).toBeLessThan(0.00001);
  });
});
