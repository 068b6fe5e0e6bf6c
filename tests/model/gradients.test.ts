import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { TokenBatch } from '../../worker/nn/batch.js';
import { openModel, type OpenModelOptions } from '../../worker/nn/open-model.js';
import type { Cotangents, NamedTensor, TrainableModel } from '../../worker/nn/trainable-model.js';
import { tinyArchitectures, writeTinyModel } from '../support/tiny-model.js';
import { plainBatch, sharedBatch, someTokens } from '../support/token-batches.js';
import { testDevice } from '../support/test-device.js';

const folder = mkdtempSync(path.join(tmpdir(), 'attune-gradients-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Two rows of different lengths, and a row with a shared prompt, each read by the head in two places. */
const batches = (): TokenBatch[] => [
  { ...plainBatch([someTokens(12), someTokens(9, 2)]), scored: Int32Array.of(11, 20) },
  { ...sharedBatch(someTokens(6, 3), [someTokens(4, 4), someTokens(5, 5)]), scored: Int32Array.of(9, 14) },
];

/** Signed and arbitrary, as no single loss would have them. */
const wave = (length: number, step: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(1 + i * step));
const cotangentsOf = (batch: TokenBatch): Cotangents => ({
  logProbs: wave(batch.targets.rows.length, 1.7),
  scores: wave(batch.scored.length, 2.3),
});

async function objective(model: TrainableModel): Promise<number> {
  let sum = 0;
  for (const batch of batches()) {
    const { logProbs, scores } = cotangentsOf(batch);
    const result = await model.forward(batch, { gradients: false });
    logProbs!.forEach((factor, i) => (sum += factor * result.logProbs[i]!));
    scores!.forEach((factor, i) => (sum += factor * result.scores[i]!));
  }
  return sum;
}

async function gradientsOf(model: TrainableModel): Promise<NamedTensor[]> {
  for (const batch of batches()) {
    await model.forward(batch);
    await model.backward(cotangentsOf(batch));
  }
  return model.exportGradients();
}

/** Derivative of the objective along a direction within one parameter, by central differences. */
async function slopeAlong(model: TrainableModel, direction: NamedTensor, step: number): Promise<number> {
  const before = model.exportParameters();
  const moved = async (distance: number) => {
    const shifted = before.map((parameter) =>
      parameter.name === direction.name
        ? { ...parameter, data: parameter.data.map((x, i) => x + distance * direction.data[i]!) }
        : parameter,
    );
    model.importParameters(shifted);
    return objective(model);
  };
  const slope = ((await moved(step)) - (await moved(-step))) / (2 * step);
  model.importParameters(before);
  return slope;
}

/**
 * Compares, for every parameter, the gradient along itself with the objective's slope there: the length of the gradient must be the slope
 * in its direction. A wrong gradient that is right along itself is caught by a second direction.
 */
async function worstError(model: TrainableModel): Promise<{ name: string; error: number }> {
  let worst = { name: '', error: 0 };
  for (const gradient of await gradientsOf(model)) {
    const length = Math.hypot(...gradient.data);
    expect(length, gradient.name).toBeGreaterThan(0);
    const along = { ...gradient, data: gradient.data.map((x) => x / length) };
    const other = {
      ...gradient,
      data: wave(gradient.data.length, 0.9).map((x, i) => x * Math.abs(along.data[i]!)),
    };
    for (const direction of [along, other]) {
      const expected = gradient.data.reduce((sum, x, i) => sum + x * direction.data[i]!, 0);
      const slope = await slopeAlong(model, direction, 2e-3);
      const error = Math.abs(slope - expected) / length;
      if (error > worst.error) worst = { name: gradient.name, error };
    }
  }
  return worst;
}

/** B begins at zero, which would hide A's gradient. */
function fillAdapter(model: TrainableModel): void {
  const filled = model.exportParameters().map((parameter) => {
    const isUp = parameter.name.endsWith('.lora_b');
    return isUp ? { ...parameter, data: wave(parameter.data.length, 1.1).map((x) => 0.1 * x) } : parameter;
  });
  model.importParameters(filled);
}

const exact: OpenModelOptions = {
  ...testDevice,
  threads: 1,
  head: 'reward',
  weights: { computeType: 'F32' },
};

describe.each(tinyArchitectures)('gradients of a tiny %s', (architecture) => {
  const file = path.join(folder, `${architecture}.gguf`);
  const small = { architecture, width: 32, heads: 4, feedForward: 48, layers: 2, contextLength: 32 } as const;

  it('of every weight equal central differences', async () => {
    await writeTinyModel(file, small);
    using model = await openModel(file, { ...exact, mode: 'full' });
    expect((await worstError(model)).error).toBeLessThan(0.01);
  });

  it('of the adapter equal central differences', async () => {
    await writeTinyModel(file, { ...small, untied: true });
    using model = await openModel(file, { ...exact, lora: { rank: 4, alpha: 8 } });
    fillAdapter(model);
    expect((await worstError(model)).error).toBeLessThan(0.01);
  });

  it('are the same when layers are computed again instead of kept', async () => {
    await writeTinyModel(file, small);
    using kept = await openModel(file, { ...exact, mode: 'full' });
    using again = await openModel(file, { ...exact, mode: 'full', recomputeLayers: true });
    const [first, second] = [await gradientsOf(kept), await gradientsOf(again)];
    first.forEach((gradient, i) => expect(second[i]!.data, gradient.name).toEqual(gradient.data));
  });
});
