/** How many answers at once, how long, and on how many threads: reckoned from the model and the machine. */
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { findGpuMemory } from '../../common/llama/gpu-memory.js';
import type { LlamaModel } from '../../common/llama/model.js';

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
/** Layers of a model below this are computed sooner than threads meet. */
const worthSharing = 8e6;
/** From so many threads on, one fewer costs little. */
const manyCores = 8;
/** Share of the machine's memory that the caches of one model may take. */
const cacheShare = 1 / 16;
/** The same of what its weights left free on a GPU; the rest is for computing. */
const gpuCacheShare = 1 / 2;

/** What this machine, and its GPU where the model lies on one, offer to a model that is loaded. */
export async function measureCapacity(model: LlamaModel): Promise<Capacity> {
  const gpu = model.isOnGpu ? await findGpuMemory() : null;
  const memory = { machineBytes: os.totalmem(), gpuFreeBytes: gpu?.freeBytes ?? 0 };
  return planCapacity(model, planCacheBytes(model.gpuShare, memory));
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
 * @param model   context it was trained with; bytes of cache per token (0 when unknown); weights
 * @param budget  bytes for the caches
 */
export function planCapacity(
  model: { contextTokens: number; cacheBytesPerToken: number; parameterCount: number },
  budget: number,
): Capacity {
  const bytes = (slots: number, context: number) => slots * context * model.cacheBytesPerToken;
  let contextTokens = Math.min(model.contextTokens, usualContext);
  let slots = mostSlots;
  while (slots > fewestSlots && bytes(slots, contextTokens) > budget) slots--;
  while (contextTokens > shortestContext && bytes(slots, contextTokens) > budget) contextTokens /= 2;
  while (contextTokens * 2 <= Math.min(model.contextTokens, longestContext)) {
    if (bytes(slots, contextTokens * 2) > budget) break;
    contextTokens *= 2;
  }
  return { slots, contextTokens: Math.floor(contextTokens), threads: leaveOne(planThreads(model)) };
}

/** How many threads are worth it, with the machine to themselves. */
export function planThreads({ parameterCount }: { parameterCount: number }): number {
  return parameterCount < worthSharing ? 1 : countPhysicalCores();
}

/**
 * Threads of one that serves: of many cores, one is left to whoever brings the messages. A decode's threads wait for each other, so that one
 * which is put off its core holds up all: sixteen on sixteen cores kept 0.63 of their speed in a busy stack (bench/LOG.md). What fifteen keep
 * was not measured.
 */
export const leaveOne = (threads: number): number => (threads < manyCores ? threads : threads - 1);

/** Half of what was planned, for a device that did not give it. @returns null when there is nothing left to halve */
export function halveCapacity(capacity: Capacity): Capacity | null {
  if (capacity.slots > 2) return { ...capacity, slots: Math.ceil(capacity.slots / 2) };
  if (capacity.contextTokens <= shortestContext) return null;
  return { ...capacity, contextTokens: capacity.contextTokens / 2 };
}

/** Two threads of one core only wait for each other in matrix products. */
export function countPhysicalCores(): number {
  const usable = os.availableParallelism();
  const root = '/sys/devices/system/cpu';
  try {
    const cores = readdirSync(root)
      .filter((name) => /^cpu\d+$/.test(name))
      .map((name) => readFileSync(`${root}/${name}/topology/core_cpus_list`, 'utf8').trim());
    return Math.max(1, Math.min(usable, new Set(cores).size));
  } catch {
    // Elsewhere the system's own count is the best there is.
    return usable;
  }
}
