import { describe, expect, it } from 'vitest';
import type { GgufTensorInfo } from '../../common/llama/gguf.js';
import { planGpuLayers } from '../../common/llama/gpu-layers.js';

function fileOf(sizes: Record<string, number>): { tensors: Map<string, GgufTensorInfo> } {
  const toInfo = (name: string, sizeBytes: number): GgufTensorInfo => ({
    name,
    type: 'F32',
    shape: [sizeBytes / 4],
    sizeBytes,
    offsetBytes: 0,
  });
  return {
    tensors: new Map(Object.entries(sizes).map(([name, bytes]) => [name, toInfo(name, bytes)])),
  };
}
/** Four layers of 100 bytes, and an embedding of 40. */
const layers = { 'blk.0.a': 100, 'blk.1.a': 60, 'blk.1.b': 40, 'blk.2.a': 100, 'blk.3.a': 100 };
const tied = fileOf({ 'token_embd.weight': 40, ...layers });
const untied = fileOf({ 'token_embd.weight': 40, 'output.weight': 20, 'output_norm.weight': 4, ...layers });

/** Memory whose three quarters hold this. */
const freeFor = (weights: number) => Math.ceil((weights * 4) / 3);

describe('the layers on a GPU', () => {
  it('are all of them where weights and a quarter for caches fit', () => {
    expect(planGpuLayers(tied, freeFor(440))).toEqual({ count: -1, share: 1 });
    expect(planGpuLayers(untied, freeFor(424))).toEqual({ count: -1, share: 1 });
  });

  it('are the head and the last ones where not all fit', () => {
    expect(planGpuLayers(tied, freeFor(439))).toEqual({ count: 4, share: 3 / 4 });
    expect(planGpuLayers(tied, freeFor(240))).toEqual({ count: 3, share: 1 / 2 });
    expect(planGpuLayers(tied, freeFor(139))).toEqual({ count: 1, share: 0 });
  });

  it('are none where not even the head fits', () => {
    expect(planGpuLayers(tied, freeFor(39))).toEqual({ count: 0, share: 0 });
  });
});
