import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { gguf, readGguf, writeGguf } from '../../common/llama/gguf.js';
import { loadAdapterFile, readAdapterFile, writeAdapterFile } from '../../worker/nn/adapter-file.js';
import { mergeAdapterFile, writeModelFile } from '../../worker/nn/model-file.js';
import { openModel, type OpenModelOptions } from '../../worker/nn/open-model.js';
import { writePeftAdapter } from '../../worker/runs/peft-folder.js';
import type { TrainableModel } from '../../worker/nn/trainable-model.js';
import { llamaLogProbs } from '../support/llama-log-probs.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinyArchitectures, tinyVocabularySize, writeTinyModel } from '../support/tiny-model.js';
import { plainBatch, someTokens } from '../support/token-batches.js';
import { testDevice } from '../support/test-device.js';

const at = temporaryFolder();
const options: OpenModelOptions = { ...testDevice, threads: 1, lora: { rank: 4, alpha: 8 } };
const tokens = someTokens(20);
const base = (architecture: string) => at(`${architecture}.gguf`);
const farthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));

async function trainABit(model: TrainableModel): Promise<Float32Array> {
  for (let step = 0; step < 3; step++) {
    await model.forward({ ...plainBatch([tokens]) });
    await model.backward({ logProbs: new Float32Array(tokens.length - 1).fill(-1) });
    await model.update({ learningRate: 0.01 });
  }
  return (await model.forward(plainBatch([tokens]), { gradients: false })).logProbs;
}

const served = (file: string, adapter?: string) =>
  llamaLogProbs(file, tokens, { vocabularySize: tinyVocabularySize, adapter });

beforeAll(async () => {
  for (const architecture of tinyArchitectures) await writeTinyModel(base(architecture), { architecture });
});

describe.each(tinyArchitectures)('an adapter trained on a tiny %s', (architecture) => {
  it('gives the same log-probs when llama.cpp serves it, and merged into its base', async () => {
    using model = await openModel(base(architecture), options);
    const before = await served(base(architecture));
    const trained = await trainABit(model);
    expect(farthest(trained, before)).toBeGreaterThan(0.1);
    await writeAdapterFile(at('adapter.gguf'), model);
    expect(farthest(await served(base(architecture), at('adapter.gguf')), trained)).toBeLessThan(0.01);
    await mergeAdapterFile(base(architecture), at('adapter.gguf'), at('merged.gguf'), { type: 'file' });
    expect(farthest(await served(at('merged.gguf')), trained)).toBeLessThan(0.01);
  });
});

describe('an adapter file', () => {
  it('brings back adapter and head', async () => {
    using model = await openModel(base('llama'), { ...options, head: 'reward' });
    await trainABit(model);
    await writeAdapterFile(at('reward.gguf'), model, [['attune.run', gguf.text('run-1')]]);
    using again = await openModel(base('llama'), {
      ...options,
      head: 'reward',
      seed: 5,
      lora: { rank: 4, alpha: 8, seed: 5 },
    });
    await loadAdapterFile(at('reward.gguf'), again);
    expect(again.exportParameters()).toEqual(model.exportParameters());
    expect((await readGguf(at('reward.gguf'))).metadata.get('attune.run')?.value).toBe('run-1');
    // llama.cpp takes it as well, head or not.
    expect((await served(base('llama'), at('reward.gguf'))).every(Number.isFinite)).toBe(true);
  });

  it('is read again where GGUF dropped a dimension: rank 1', async () => {
    const ofRankOne = { ...options, lora: { rank: 1, alpha: 2 } };
    using model = await openModel(base('llama'), ofRankOne);
    const trained = await trainABit(model);
    await writeAdapterFile(at('rank-1.gguf'), model);
    using again = await openModel(base('llama'), ofRankOne);
    await loadAdapterFile(at('rank-1.gguf'), again);
    expect(again.exportParameters()).toEqual(model.exportParameters());
    expect(farthest(await served(base('llama'), at('rank-1.gguf')), trained)).toBeLessThan(0.01);
    await mergeAdapterFile(base('llama'), at('rank-1.gguf'), at('rank-1-merged.gguf'), { type: 'file' });
    expect(farthest(await served(at('rank-1-merged.gguf')), trained)).toBeLessThan(0.01);
  });

  it('is refused by a base of another architecture, vocabulary, or rank', async () => {
    using model = await openModel(base('llama'), options);
    await writeAdapterFile(at('mine.gguf'), model);
    const tokenizer = [
      ['tokenizer.ggml.tokens', gguf.texts(Array.from({ length: 288 }, (_, i) => `t${i}`))],
    ] as const;
    await writeTinyModel(at('other.gguf'), { metadata: tokenizer });
    const opened = [
      await openModel(base('qwen2'), options),
      await openModel(at('other.gguf'), options),
      await openModel(base('llama'), { ...options, lora: { rank: 8, alpha: 8 } }),
    ];
    for (const other of opened) {
      await expect(loadAdapterFile(at('mine.gguf'), other)).rejects.toMatchObject({
        code: 'ADAPTER_MISMATCH',
      });
      other[Symbol.dispose]();
    }
    await expect(readAdapterFile(base('llama'))).rejects.toMatchObject({ code: 'ADAPTER_MISMATCH' });
    const merged = mergeAdapterFile(base('qwen2'), at('mine.gguf'), at('never.gguf'), { type: 'file' });
    await expect(merged).rejects.toMatchObject({ code: 'ADAPTER_MISMATCH' });
    expect(readdirSync(at('.'))).not.toContain('never.gguf');
  });

  it('has a PEFT twin with the names and orders of transformers', async () => {
    using model = await openModel(base('llama'), options);
    await trainABit(model);
    await writePeftAdapter(at('peft'), model, 'someone/base');
    const config: unknown = JSON.parse(readFileSync(at('peft/adapter_config.json'), 'utf8'));
    expect(config).toMatchObject({
      peft_type: 'LORA',
      r: 4,
      lora_alpha: 8,
      base_model_name_or_path: 'someone/base',
    });
    const bytes = readFileSync(at('peft/adapter_model.safetensors'));
    const headerLength = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString()) as Record<
      string,
      { shape: number[]; data_offsets: [number, number] }
    >;
    const data = bytes.subarray(8 + headerLength);
    const read = (name: string) => {
      const [begin, end] = header[`base_model.model.model.layers.0.self_attn.${name}.weight`]!.data_offsets;
      return new Float32Array(new Uint8Array(data.subarray(begin, end)).buffer);
    };
    const own = (name: string) => model.exportParameters().find((parameter) => parameter.name === name)!.data;
    expect(header['base_model.model.model.layers.1.mlp.down_proj.lora_A.weight']!.shape).toEqual([4, 96]);
    expect(read('v_proj.lora_B')).toEqual(own('blk.0.attn_v.weight.lora_b'));
    // Row 1 of a head of 16 turns with row 0; in PyTorch's order it stands in the second half.
    expect(read('q_proj.lora_B').slice(8 * 4, 9 * 4)).toEqual(own('blk.0.attn_q.weight.lora_b').slice(4, 8));
  });
});

describe('a model file', () => {
  it('holds what full training made of it, in the type of choice', async () => {
    using model = await openModel(base('llama'), { ...options, mode: 'full' });
    const trained = await trainABit(model);
    await writeModelFile(base('llama'), model.exportParameters(), at('full.gguf'), { type: 'F32' });
    expect(farthest(await served(at('full.gguf')), trained)).toBeLessThan(0.01);
    await writeModelFile(base('llama'), model.exportParameters(), at('small.gguf'), { type: 'Q8_0' });
    const file = await readGguf(at('small.gguf'));
    expect(file.tensors.get('blk.0.attn_q.weight')?.type).toBe('Q8_0');
    expect(file.tensors.get('output_norm.weight')?.type).toBe('F32');
    expect(file.metadata.get('general.file_type')?.value).toBe(7);
  });

  it('with weights that are not finite, of another architecture or cut is refused', async () => {
    await writeTinyModel(at('nan.gguf'), {});
    const file = await readGguf(at('nan.gguf'));
    await writeModelFile(
      at('nan.gguf'),
      [{ name: 'blk.1.ffn_up.weight', shape: [64, 96], data: new Float32Array(64 * 96).fill(NaN) }],
      at('nan2.gguf'),
      { type: 'file' },
    );
    await expect(openModel(at('nan2.gguf'), options)).rejects.toMatchObject({
      code: 'MODEL_WEIGHTS_NOT_FINITE',
      details: { tensor: 'blk.1.ffn_up.weight' },
    });
    // A plan that refuses comes before the weights are looked at.
    const inspect = (model: Pick<TrainableModel, 'planMemory'>) => {
      const shape = { rowCount: 2, rowLength: 16, targetCount: 8, scoredCount: 0 };
      expect(model.planMemory(shape).activations).toBeGreaterThan(0);
      throw new RangeError('too large');
    };
    await expect(openModel(at('nan2.gguf'), { ...options, inspect })).rejects.toThrow('too large');
    const mamba = new Map([...file.metadata, ['general.architecture', gguf.text('mamba')] as const]);
    await writeGguf(at('mamba.gguf'), mamba, []);
    await expect(openModel(at('mamba.gguf'), options)).rejects.toMatchObject({
      code: 'MODEL_ARCHITECTURE_UNSUPPORTED',
    });
    await writeGguf(at('empty.gguf'), file.metadata, []);
    await expect(openModel(at('empty.gguf'), options)).rejects.toMatchObject({
      code: 'MODEL_TENSOR_INVALID',
    });
  });
});
