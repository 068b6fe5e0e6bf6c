/** How many answers at once, how long, and on how many threads: reckoned from the model and the machine. */
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';

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
/** Share of the memory that the caches of one model may take. */
const cacheShare = 1 / 16;

/**
 * @param model        context it was trained with; bytes of cache per token (0 when unknown); weights
 * @param memoryBytes  of the machine
 */
export function planCapacity(
  model: { contextTokens: number; cacheBytesPerToken: number; parameterCount: number },
  memoryBytes: number = os.totalmem(),
): Capacity {
  const budget = memoryBytes * cacheShare;
  const bytes = (slots: number, context: number) => slots * context * model.cacheBytesPerToken;
  let contextTokens = Math.min(model.contextTokens, usualContext);
  let slots = mostSlots;
  while (slots > fewestSlots && bytes(slots, contextTokens) > budget) slots--;
  while (contextTokens > shortestContext && bytes(slots, contextTokens) > budget) contextTokens /= 2;
  while (contextTokens * 2 <= Math.min(model.contextTokens, longestContext)) {
    if (bytes(slots, contextTokens * 2) > budget) break;
    contextTokens *= 2;
  }
  return { slots, contextTokens: Math.floor(contextTokens), threads: planThreads(model) };
}

/** How many threads are worth it, with the machine to themselves. */
export function planThreads({ parameterCount }: { parameterCount: number }): number {
  return parameterCount < worthSharing ? 1 : countPhysicalCores();
}

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
