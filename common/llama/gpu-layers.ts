/** How many of a model's layers a GPU can hold. Pure. */
import type { GgufFile } from './gguf.js';

/** Share of the free memory that weights may take; the rest is for caches and computing. */
const weightShare = 3 / 4;

export interface GpuLayers {
  /** As llama.cpp counts them, `n_gpu_layers`: the head first, then the decoder's layers from the last one on; -1 for all. */
  count: number;
  /** Of the decoder's layers, 0 to 1: where the cache is. */
  share: number;
}

export const noGpuLayers: GpuLayers = { count: 0, share: 0 };

/** @param freeBytes  of the GPU */
export function planGpuLayers({ tensors }: Pick<GgufFile, 'tensors'>, freeBytes: number): GpuLayers {
  const layerBytes: number[] = [];
  let headBytes = 0;
  for (const { name, sizeBytes } of tensors.values()) {
    const layer = /^blk\.(\d+)\./.exec(name)?.[1];
    if (layer !== undefined) layerBytes[Number(layer)] = (layerBytes[Number(layer)] ?? 0) + sizeBytes;
    else if (name.startsWith('output')) headBytes += sizeBytes;
  }
  // An embedding that is used twice is copied for the head.
  if (!tensors.has('output.weight')) headBytes += tensors.get('token_embd.weight')?.sizeBytes ?? 0;
  let room = freeBytes * weightShare - headBytes;
  if (room < 0) return noGpuLayers;
  let held = 0;
  for (const bytes of layerBytes.toReversed()) {
    room -= bytes ?? 0;
    if (room < 0) break;
    held++;
  }
  if (held === layerBytes.length) return { count: -1, share: 1 };
  return { count: held + 1, share: held / layerBytes.length };
}
