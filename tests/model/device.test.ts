import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findGpuMemory } from '../../common/llama/gpu-memory.js';
import { openLlama } from '../../common/llama/llama.js';
import { LlamaModel } from '../../common/llama/model.js';
import { findShippedFolder } from '../../common/llama/shipped.js';
import { writeTinyModel } from '../support/tiny-model.js';

/** Vulkan's are shipped for every machine but a Mac, and load where there is no driver. */
describe.runIf(findShippedFolder('vulkan'))('libraries for a GPU', () => {
  let folder = '';
  let file = '';
  let hasGpu = false;

  beforeAll(async () => {
    // First of all: whoever opens the libraries first chooses them for the process.
    await openLlama({ gpu: 'vulkan' });
    folder = await mkdtemp(path.join(tmpdir(), 'attune-device-'));
    file = path.join(folder, 'tiny.gguf');
    await writeTinyModel(file);
    hasGpu = (await findGpuMemory()) !== null;
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('say what computes: the CPU, where no GPU answers', async () => {
    const model = await LlamaModel.open(file);
    expect(model.api.libraries.variant).toBe('vulkan');
    expect(model.device).toBe(hasGpu ? 'vulkan' : 'cpu');
    expect(model.gpuShare).toBe(hasGpu ? 1 : 0);
    model[Symbol.dispose]();
  });

  test('refuse a model when a GPU was asked for by name and none answers', async () => {
    const opening = LlamaModel.open(file, { gpu: 'vulkan' }).then((model) => {
      model[Symbol.dispose]();
      return 'opened';
    });
    if (hasGpu) expect(await opening).toBe('opened');
    else
      await expect(opening).rejects.toMatchObject({
        code: 'ENGINE_DEVICE_MISSING',
        details: { device: 'vulkan' },
      });
  });
});
