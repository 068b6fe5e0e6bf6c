import { describe, expect, it } from 'vitest';
import { openLibraries } from '../../common/llama/libraries.js';
import { importShipped } from '../../common/llama/shipped.js';

describe('openLibraries', () => {
  it('opens the shipped build and hands out the same one again', async () => {
    const first = await openLibraries({ gpu: 'off' });
    expect(first.variant).toBe('cpu');
    expect(first.base.func('size_t ggml_tensor_overhead()')()).toBeGreaterThan(0);
    expect(await openLibraries()).toBe(first);
  });

  it('can ask node-llama-cpp what this machine runs', async () => {
    const { getLlamaGpuTypes } = await importShipped<
      Pick<typeof import('node-llama-cpp'), 'getLlamaGpuTypes'>
    >('./bindings/utils/getLlamaGpuTypes.js');
    expect(['cuda', 'vulkan', 'metal', false]).toEqual(
      expect.arrayContaining(await getLlamaGpuTypes('supported')),
    );
  });
});
