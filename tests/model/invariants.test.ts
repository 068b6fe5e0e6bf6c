import { beforeAll, describe, expect, it } from 'vitest';
import type { TokenBatch } from '../../worker/nn/batch.js';
import { openModel, type OpenModelOptions } from '../../worker/nn/open-model.js';
import type { NamedTensor, TrainableModel } from '../../worker/nn/trainable-model.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinyArchitectures, writeTinyModel } from '../support/tiny-model.js';
import { plainBatch, sharedBatch, someTokens } from '../support/token-batches.js';
import { testDevice } from '../support/test-device.js';

const at = temporaryFolder();
const options: OpenModelOptions = { ...testDevice, threads: 1, lora: { rank: 4, alpha: 8 } };
const open = (more: OpenModelOptions = {}, architecture = 'llama') =>
  openModel(at(`${architecture}.gguf`), { ...options, ...more });
const ones = (length: number) => new Float32Array(length).fill(1);
const flat = (tensors: readonly NamedTensor[]) => tensors.flatMap(({ data }) => [...data]);
const farthest = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));
};

/** One update of maximum likelihood. */
async function learn(model: TrainableModel, batch: TokenBatch, learningRate = 1e-2): Promise<number> {
  const { logProbs } = await model.forward(batch);
  const count = logProbs.length;
  await model.backward({ logProbs: ones(count).map(() => -1 / count) });
  await model.update({ learningRate });
  return -logProbs.reduce((sum, x) => sum + x, 0) / count;
}

beforeAll(async () => {
  for (const architecture of tinyArchitectures)
    await writeTinyModel(at(`${architecture}.gguf`), { architecture });
});

describe('an adapter', () => {
  it('changes nothing before it is trained, and nothing at scale 0 afterwards', async () => {
    using model = await open();
    const batch = plainBatch([someTokens(16)]);
    const base = await model.forward(batch, { adapterScale: 0, gradients: false });
    const fresh = await model.forward(batch, { gradients: false });
    expect(fresh.logProbs).toEqual(base.logProbs);
    await learn(model, batch);
    const trained = await model.forward(batch, { gradients: false });
    expect(farthest(trained.logProbs, base.logProbs)).toBeGreaterThan(1e-3);
    const off = await model.forward(batch, { adapterScale: 0, gradients: false });
    expect(off.logProbs).toEqual(base.logProbs);
  });

  it('covers the layers that were asked for, and names those it does not find', async () => {
    using model = await open({ lora: { rank: 2, targets: ['attn_q'] } });
    expect(model.exportParameters().map(({ name }) => name)).toEqual([
      'blk.0.attn_q.weight.lora_a',
      'blk.0.attn_q.weight.lora_b',
      'blk.1.attn_q.weight.lora_a',
      'blk.1.attn_q.weight.lora_b',
    ]);
    await expect(open({ lora: { targets: ['attn_z'] } })).rejects.toMatchObject({
      code: 'TRAINING_LORA_TARGET_UNKNOWN',
    });
  });
});

describe.each(tinyArchitectures)('a shared prompt on a tiny %s', (architecture) => {
  it('gives the log-probs and gradients of separate rows', async () => {
    using model = await open({}, architecture);
    const prompt = someTokens(11, 3);
    const answers = [someTokens(5, 4), someTokens(7, 5), someTokens(3, 6)];
    await learn(model, plainBatch([someTokens(16)]));
    const factors = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i));

    const shared = await model.forward(sharedBatch(prompt, answers));
    await model.backward({ logProbs: factors(15) });
    const sharedGradients = model.exportGradients();
    model.zeroGradients();

    const separate: number[] = [];
    let seen = 0;
    for (const answer of answers) {
      const result = await model.forward(sharedBatch(prompt, [answer]));
      await model.backward({ logProbs: factors(15).slice(seen, seen + answer.length) });
      separate.push(...result.logProbs);
      seen += answer.length;
    }
    expect(farthest(shared.logProbs, separate)).toBeLessThan(1e-4);
    const [a, b] = [flat(sharedGradients), flat(model.exportGradients())];
    expect(farthest(a, b)).toBeLessThan(1e-3 * Math.max(...a.map(Math.abs)));
  });
});

describe.each(tinyArchitectures)('attention of a tiny %s', (architecture) => {
  it('is the same in blocks of queries, which only rows of 256 and more are cut into', async () => {
    const cotangents = Float32Array.from({ length: 199 }, (_, index) => Math.cos(index));
    const run = async (rowLength: number) => {
      using model = await open({ mode: 'full' }, architecture);
      const { logProbs } = await model.forward(plainBatch([someTokens(200)], rowLength));
      await model.backward({ logProbs: cotangents });
      return { logProbs, gradients: flat(model.exportGradients()) };
    };
    const [whole, blocks] = [await run(200), await run(256)];
    expect(farthest(blocks.logProbs, whole.logProbs)).toBeLessThan(1e-4);
    const largest = whole.gradients.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const far = whole.gradients.reduce((most, x, i) => Math.max(most, Math.abs(x - blocks.gradients[i]!)), 0);
    expect(far / largest).toBeLessThan(1e-4);
  });
});

describe('gradients', () => {
  it('of micro-batches add up to those of one batch', async () => {
    using model = await open();
    const rows = [someTokens(12), someTokens(12, 2), someTokens(12, 3)];
    await model.forward(plainBatch(rows));
    await model.backward({ logProbs: ones(33) });
    const whole = flat(model.exportGradients());
    model.zeroGradients();
    for (const row of rows) {
      await model.forward(plainBatch([row]));
      await model.backward({ logProbs: ones(11) });
    }
    const sum = flat(model.exportGradients());
    expect(farthest(whole, sum)).toBeLessThan(1e-4 * Math.max(...whole.map(Math.abs)));
  });

  it('do not depend on padding, nor on what stands in it', async () => {
    using model = await open();
    const row = someTokens(10);
    const gradients = async (batch: TokenBatch) => {
      model.zeroGradients();
      const { logProbs } = await model.forward(batch);
      await model.backward({ logProbs: ones(9) });
      return [...logProbs, ...flat(model.exportGradients())];
    };
    const padded = plainBatch([row], 16);
    const filled = { ...padded, tokens: padded.tokens.map((token, i) => (i < 10 ? token : 99)) };
    const [alone, withZeros, withTokens] = [
      await gradients(plainBatch([row])),
      await gradients(padded),
      await gradients(filled),
    ];
    expect(withTokens).toEqual(withZeros);
    expect(farthest(alone, withZeros)).toBeLessThan(1e-4 * Math.max(...alone.map(Math.abs)));
  });

  it('are zero for prompts: a loss over the answer only is not moved by other targets', async () => {
    using model = await open();
    const batch = plainBatch([someTokens(12)]);
    const onlyLast = Float32Array.from({ length: 11 }, (_, i) => Number(i === 10));
    await model.forward(batch);
    await model.backward({ logProbs: onlyLast });
    const masked = flat(model.exportGradients());
    model.zeroGradients();
    await model.forward({
      ...batch,
      targets: { rows: Int32Array.of(10), tokens: batch.targets.tokens.slice(10) },
    });
    await model.backward({ logProbs: ones(1) });
    expect(farthest(flat(model.exportGradients()), masked)).toBeLessThan(1e-5);
  });

  it('that are not finite change nothing', async () => {
    using model = await open();
    const before = model.exportParameters();
    await model.forward(plainBatch([someTokens(6)]));
    await model.backward({ logProbs: Float32Array.of(1, NaN, 1, 1, 1) });
    expect((await model.update({ learningRate: 1 })).applied).toBe(false);
    expect(model.exportParameters()).toEqual(before);
  });

  it('are clipped to the norm that is asked for', async () => {
    using model = await open();
    const learnt = async (maxGradNorm: number) => {
      await model.forward(plainBatch([someTokens(12)]));
      await model.backward({ logProbs: ones(11) });
      const length = Math.hypot(...flat(model.exportGradients()));
      const { gradNorm } = await model.update({ learningRate: 0, maxGradNorm });
      expect(Math.abs(gradNorm / length - 1)).toBeLessThan(1e-5);
      return { gradNorm, moment: Math.hypot(...flat(model.exportState().firstMoments)) };
    };
    const { gradNorm, moment } = await learnt(0.5);
    expect(gradNorm).toBeGreaterThan(0.5);
    // The first moment after one step is (1 - beta1) times the clipped gradient.
    expect(moment).toBeCloseTo(0.05, 5);
  });
});

describe('an update', () => {
  it('first moves every weight by the learning rate against its gradient, as AdamW does', async () => {
    using model = await open();
    const before = model.exportParameters();
    await model.forward(plainBatch([someTokens(12)]));
    await model.backward({ logProbs: ones(11) });
    const gradients = flat(model.exportGradients());
    await model.update({ learningRate: 0.01, maxGradNorm: Infinity });
    const after = flat(model.exportParameters());
    // m / sqrt(v) is the gradient's sign after one step, where epsilon is small beside it.
    flat(before).forEach((weight, i) => {
      const gradient = gradients[i]!;
      const expected = Math.abs(gradient) > 1e-3 ? weight - 0.01 * Math.sign(gradient) : null;
      if (expected !== null) expect(Math.abs(after[i]! - expected)).toBeLessThan(1e-5);
      if (gradient === 0) expect(after[i]).toBe(weight);
    });
    expect(gradients.filter((gradient) => Math.abs(gradient) > 1e-3).length).toBeGreaterThan(1000);
  });

  it('decays matrices, apart from their gradient', async () => {
    using model = await open();
    const before = flat(model.exportParameters());
    await model.forward(plainBatch([someTokens(12)]));
    await model.backward({});
    await model.update({ learningRate: 0.1, weightDecay: 0.5 });
    flat(model.exportParameters()).forEach((weight, i) => expect(weight).toBeCloseTo(0.95 * before[i]!, 6));
  });
});

describe('training', () => {
  it('fits a batch of four, by its adapter and by every weight', async () => {
    const batch = plainBatch([1, 2, 3, 4].map((seed) => someTokens(10, seed)));
    for (const mode of ['lora', 'full'] as const) {
      using model = await open({ mode, lora: { rank: 16, alpha: 32 } });
      let loss = Infinity;
      for (let step = 0; step < 120 && loss > 0.05; step++) loss = await learn(model, batch);
      expect(loss, mode).toBeLessThan(0.05);
    }
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    const run = async (seed: number) => {
      using model = await open({ lora: { rank: 4, alpha: 8, seed }, head: 'reward', seed });
      for (let step = 0; step < 3; step++) await learn(model, plainBatch([someTokens(12, step)]));
      return model.exportParameters();
    };
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
  });

  it('goes on from its state bit for bit', async () => {
    using straight = await open();
    using stopped = await open();
    for (let step = 0; step < 2; step++) {
      await learn(straight, plainBatch([someTokens(12, step)]));
      await learn(stopped, plainBatch([someTokens(12, step)]));
    }
    using resumed = await open({ lora: { rank: 4, alpha: 8, seed: 99 } });
    resumed.importState(stopped.exportState());
    await learn(straight, plainBatch([someTokens(12, 7)]));
    await learn(resumed, plainBatch([someTokens(12, 7)]));
    expect(resumed.exportState()).toEqual(straight.exportState());
  });

  it('refuses the state of another model', async () => {
    using model = await open();
    using other = await open({ lora: { rank: 2, alpha: 8 } });
    expect(() => model.importState(other.exportState())).toThrow(
      expect.objectContaining({ code: 'TRAINING_STATE_MISMATCH' }),
    );
  });

  it('stops when the signal fires', async () => {
    using model = await open();
    const signal = AbortSignal.abort();
    await expect(model.forward(plainBatch([someTokens(6)]), { signal })).rejects.toMatchObject({
      code: 'TRAINING_CANCELLED',
    });
  });

  it('knows what a batch will take before it is allocated', async () => {
    using model = await open();
    const plan = (rowCount: number) =>
      model.planMemory({ rowCount, rowLength: 32, targetCount: 31 * rowCount, scoredCount: 0 });
    expect(plan(1).activations).toBeGreaterThan(0);
    expect(plan(8).activations).toBeGreaterThan(4 * plan(1).activations);
    expect(plan(1).total).toBe(plan(1).weights + plan(1).training + plan(1).activations);
  });
});

describe('a batch', () => {
  it.each([
    ['a token outside the vocabulary', { tokens: Int32Array.of(1, 2, 999) }],
    ['a position outside the context', { positions: Int32Array.of(0, 1, 256) }],
    ['a target on padding', { segments: Int32Array.of(0, -1, -1) }],
    ['a segment that is not there', { segments: Int32Array.of(0, 0, 1) }],
    [
      'an answer before its prompt',
      { segments: Int32Array.of(0, 1, 1), segmentParents: [Int32Array.of(1, -1)] },
    ],
    ['too few tokens', { tokens: Int32Array.of(1, 2) }],
  ])('with %s is refused', async (_, fault) => {
    using model = await open();
    const batch = { ...plainBatch([[1, 2, 3]]), ...fault };
    await expect(model.forward(batch)).rejects.toMatchObject({ code: 'TRAINING_BATCH_INVALID' });
  });
});
