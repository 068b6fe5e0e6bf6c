import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { findGpuMemory } from '../../common/llama/gpu-memory.js';
import { LlamaModel } from '../../common/llama/model.js';
import { findShippedFolder } from '../../common/llama/shipped.js';
import { writeTinyModel } from '../support/tiny-model.js';

/** Shipped for every machine but a Mac, whether there is a driver or not. */
test.runIf(findShippedFolder('vulkan'))(
  'libraries for a GPU say that the CPU computes where no GPU answers',
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'attune-device-'));
    const file = path.join(folder, 'tiny.gguf');
    await writeTinyModel(file);
    const model = await LlamaModel.open(file, { gpu: 'vulkan' });
    const memory = await findGpuMemory();
    expect(model.api.libraries.variant).toBe('vulkan');
    expect(model.device).toBe(memory === null ? 'cpu' : 'vulkan');
    expect(model.gpuShare).toBe(memory === null ? 0 : 1);
    model[Symbol.dispose]();
    await rm(folder, { recursive: true });
  },
);
