/** How many answers at once, how long, and on how many threads: reckoned from the model and the machine. */
import { planServingThreads } from '../../common/llama/compute-threads.js';
import { findGpuMemory } from '../../common/llama/gpu-memory.js';
import type { LlamaModel } from '../../common/llama/model.js';
import { totalMemory } from '../../common/machine/memory.js';

export interface Capacity {
  slots: number;
  /** Of each slot. */
  contextTokens: number;
  threads: number;
}

const mostSlots = 16;
const fewestSlots = 4;
const usualContext = 4096;
const shortestContext = 1024;
const longestContext = 32_768;
/** Share of the machine's memory that the caches of one model may take. */
const cacheShare = 1 / 16;
/** The same of what its weights left free on a GPU; the rest is for computing. */
const gpuCacheShare = 1 / 2;

/**
 * What this machine, and its GPU where the model lies on one, offer to a model that is loaded.
 *
 * @param threads  as the settings say; null leaves it to the machine
 */
export async function measureCapacity(model: LlamaModel, threads: number | null): Promise<Capacity> {
  const gpu = model.isOnGpu ? await findGpuMemory() : null;
  const memory = { machineBytes: totalMemory(), gpuFreeBytes: gpu?.freeBytes ?? 0 };
  const caches = planCaches(model, planCacheBytes(model.gpuShare, memory));
  return { ...caches, threads: planServingThreads(model, threads) };
}

/** @param gpuShare  of the cache; the part that has the least room for its share decides */
export function planCacheBytes(
  gpuShare: number,
  { machineBytes, gpuFreeBytes }: { machineBytes: number; gpuFreeBytes: number },
): number {
  const onMachine = gpuShare < 1 ? (machineBytes * cacheShare) / (1 - gpuShare) : Infinity;
  const onGpu = gpuShare > 0 ? (gpuFreeBytes * gpuCacheShare) / gpuShare : Infinity;
  return Math.min(onMachine, onGpu);
}

/**
 * @param model   context it was trained with; bytes of cache per token (0 when unknown)
 * @param budget  bytes for the caches
 */
export function planCaches(
  model: { contextTokens: number; cacheBytesPerToken: number },
  budget: number,
): Omit<Capacity, 'threads'> {
  const bytes = (slots: number, context: number) => slots * context * model.cacheBytesPerToken;
  let contextTokens = Math.min(model.contextTokens, usualContext);
  let slots = mostSlots;
  while (slots > fewestSlots && bytes(slots, contextTokens) > budget) slots--;
  while (contextTokens > shortestContext && bytes(slots, contextTokens) > budget) contextTokens /= 2;
  while (contextTokens * 2 <= Math.min(model.contextTokens, longestContext)) {
    if (bytes(slots, contextTokens * 2) > budget) break;
    contextTokens *= 2;
  }
  return { slots, contextTokens: Math.floor(contextTokens) };
}

/** Half of what was planned, for a device that did not give it. @returns null when there is nothing left to halve */
export function halveCapacity(capacity: Capacity): Capacity | null {
  if (capacity.slots > 2) return { ...capacity, slots: Math.ceil(capacity.slots / 2) };
  if (capacity.contextTokens <= shortestContext) return null;
  return { ...capacity, contextTokens: capacity.contextTokens / 2 };
}
