/** What is refused, and that nothing is left behind half-written. */
import { existsSync } from 'node:fs';
import { open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { gguf } from '../../common/llama/gguf.js';
import { conversations, ofType, plantedPairs, TrainingFolder } from '../support/training-folder.js';
import { writeTinyModel } from '../support/tiny-model.js';

/** Gradients of random weights are large from the first step on. */
const sft = { kind: 'sft', batchSize: 4, epochs: 1, divergedGradNorm: null };

async function folderWithRows() {
  const folder = await TrainingFolder.create();
  await folder.writeRows(conversations(8));
  return folder;
}

/** The file ends with the last tensor: an F32 norm. */
async function overwriteLastWeight(folder: TrainingFolder, value: number) {
  const handle = await open(folder.file('model.gguf'), 'r+');
  const { size } = await handle.stat();
  await handle.write(Buffer.from(Float32Array.of(value).buffer), 0, 4, size - 4);
  await handle.close();
}

describe('before a run starts', () => {
  it('refuses a model that is missing, cut off, or no GGUF', async () => {
    await using folder = await folderWithRows();
    const refusal = (file: string) => folder.train(sft, 'out', { request: { modelPath: folder.file(file) } });
    await expect(refusal('nowhere.gguf')).rejects.toMatchObject({ code: 'GGUF_MISSING' });
    await writeFile(folder.file('text.gguf'), 'not a model');
    await expect(refusal('text.gguf')).rejects.toMatchObject({ code: 'GGUF_INVALID' });
    await truncate(folder.file('model.gguf'), (await stat(folder.file('model.gguf'))).size - 1000);
    await expect(refusal('model.gguf')).rejects.toMatchObject({ code: 'GGUF_INVALID' });
    expect(existsSync(folder.file('out/run.json'))).toBe(false);
  });

  it('names an architecture that it cannot train, and those that it can', async () => {
    await using folder = await folderWithRows();
    const metadata = [['general.architecture', gguf.text('bert')]] as const;
    const length = [['bert.context_length', gguf.u32(64)]] as const;
    await writeTinyModel(folder.file('model.gguf'), { metadata: [...metadata, ...length] });
    // llama.cpp's own loader looks at the file first, for its vocabulary.
    await expect(folder.train(sft)).rejects.toMatchObject({
      code: expect.stringMatching(/MODEL_ARCHITECTURE_UNSUPPORTED|GGUF_INVALID/) as string,
    });
  });

  it('refuses weights that are not numbers', async () => {
    await using folder = await folderWithRows();
    await overwriteLastWeight(folder, Number.NaN);
    await expect(folder.train(sft)).rejects.toMatchObject({ code: 'MODEL_WEIGHTS_NOT_FINITE' });
  });

  it('refuses an answer that is longer than the context', async () => {
    await using folder = await folderWithRows();
    await folder.writeRows([{ prompt: 'p', completion: 'long '.repeat(200) }]);
    await expect(folder.train(sft)).rejects.toMatchObject({
      code: 'DATA_ANSWER_TOO_LONG',
      details: { line: 1 },
    });
  });

  it('refuses a folder that holds another run', async () => {
    await using folder = await folderWithRows();
    await folder.train({ ...sft, maxSteps: 1 });
    await expect(folder.train(sft)).rejects.toMatchObject({ code: 'RUN_OUTPUT_EXISTS' });
  });

  it('refuses an adapter of another base, of another rank, and of other layers', async () => {
    await using folder = await folderWithRows();
    await folder.train({ ...sft, maxSteps: 1 });
    const startAdapterPath = folder.file('out/adapter.gguf');
    const refusal = (config: object, output: string) =>
      folder.train({ ...sft, ...config }, output, { request: { startAdapterPath } });
    await expect(refusal({ lora: { rank: 4 } }, 'rank')).rejects.toMatchObject({ code: 'ADAPTER_MISMATCH' });
    await expect(refusal({ lora: { targets: ['attn_q'] } }, 'layers')).rejects.toMatchObject({
      code: 'TRAINING_STATE_MISMATCH',
    });
    await writeTinyModel(folder.file('model.gguf'), { architecture: 'qwen2' });
    await expect(refusal({}, 'base')).rejects.toMatchObject({ code: 'ADAPTER_MISMATCH' });
  });

  it('refuses to go on with another base, other data, other settings, or a damaged checkpoint', async () => {
    await using folder = await folderWithRows();
    const resume = { request: { resume: true } };
    await folder.train({ ...sft, maxSteps: 1 });
    await expect(folder.train({ ...sft, maxSteps: 1, seed: 1 }, 'out', resume)).rejects.toMatchObject({
      code: 'RUN_CHECKPOINT_MISMATCH',
      details: { what: 'setting seed' },
    });
    await folder.writeRows(conversations(9));
    await expect(folder.train({ ...sft, maxSteps: 1 }, 'out', resume)).rejects.toMatchObject({
      details: { what: 'data set' },
    });
    await folder.writeRows(conversations(8));
    const checkpoint = folder.file('out/checkpoints/step-0000001.gguf');
    await truncate(checkpoint, (await stat(checkpoint)).size - 10);
    await expect(folder.train({ ...sft, maxSteps: 1 }, 'out', resume)).rejects.toMatchObject({
      code: 'RUN_CHECKPOINT_INVALID',
    });
    await writeTinyModel(folder.file('model.gguf'), { seed: 2 });
    await folder.train({ ...sft, maxSteps: 1 }, 'fresh');
    await expect(folder.train({ ...sft, maxSteps: 1 }, 'out', resume)).rejects.toMatchObject({
      code: expect.stringMatching(/RUN_CHECKPOINT_/) as string,
    });
  });
});

describe('while a run goes on', () => {
  it('stops at numbers that are none, and names the step', async () => {
    await using folder = await folderWithRows();
    // Finite weights whose products are not.
    await overwriteLastWeight(folder, 3e38);
    const notFinite = (step: number, what: string) => ({ code: 'RUN_NOT_FINITE', details: { step, what } });
    await expect(folder.train({ ...sft, heldOutFraction: 0 })).rejects.toMatchObject(
      notFinite(1, 'the loss'),
    );
    await expect(folder.train(sft, 'held-out')).rejects.toMatchObject(notFinite(0, 'eval_loss'));
    await folder.writeRows(plantedPairs(8));
    await expect(folder.train({ kind: 'dpo', batchSize: 4 }, 'pairs')).rejects.toMatchObject({
      code: 'RUN_NOT_FINITE',
      details: { step: 0, what: expect.stringContaining('line') as string },
    });
    expect(existsSync(folder.file('out/adapter.gguf'))).toBe(false);
  });

  it('stops a run whose gradients stay high, when told at which norm', async () => {
    await using folder = await folderWithRows();
    const running = folder.train({ ...sft, epochs: 9, divergedGradNorm: 10 });
    await expect(running).rejects.toMatchObject({ code: 'RUN_DIVERGED', details: { step: 3 } });
  });

  it('cancels within the step that is being computed', async () => {
    await using folder = await folderWithRows();
    const controller = new AbortController();
    const events = await folder.train({ ...sft, epochs: 50 }, 'out', {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 3) setImmediate(() => controller.abort());
      },
    });
    const steps = ofType(events, 'step').length;
    expect(steps).toBeLessThanOrEqual(4);
    expect(events.at(-1)).toMatchObject({ type: 'cancelled', step: steps });
  });

  it('leaves a card that tells where the result comes from', async () => {
    await using folder = await folderWithRows();
    await folder.train({ ...sft, maxSteps: 1 });
    const card = await readFile(folder.file('out/README.md'), 'utf8');
    const lineage = JSON.parse(await readFile(folder.file('out/run.json'), 'utf8')) as Record<string, string>;
    for (const hash of ['baseSha256', 'dataSha256', 'templateSha256']) expect(card).toContain(lineage[hash]);
  });
});
