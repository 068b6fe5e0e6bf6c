/** On how many CPU threads llama.cpp and ggml compute: as many as the settings say, else by what cores this process may use. */
import { countCores } from '../machine/cores.js';

/** Layers of a model below this are computed sooner than threads meet. */
const worthSharing = 8e6;
/** From so many threads on, one fewer costs little. */
const manyCores = 8;

type Size = { parameterCount: number };
/** `ATTUNE_THREADS`; null leaves it to the machine. */
type Wish = number | null;

/** With the machine to itself. */
export function planThreads({ parameterCount }: Size, wish: Wish): number {
  return parameterCount < worthSharing ? 1 : (wish ?? countCores());
}

/** Of one that people chat with. */
export function planServingThreads(model: Size, wish: Wish): number {
  const threads = planThreads(model, wish);
  return wish === null ? leaveOne(threads) : threads;
}

/** Of one that computes beside the chat: one core is left to that, where there is more than one. */
export const planSharedThreads = (wish: Wish): number =>
  Math.max(1, Math.min(wish ?? Infinity, countCores() - 1));

/**
 * Of many cores, one is left to whoever brings the messages. A decode's threads wait for each other, so that one which is put off its core
 * holds up all: sixteen on sixteen cores kept 0.63 of their speed in a busy stack (bench/LOG.md). What fifteen keep was not measured.
 */
export const leaveOne = (threads: number): number => (threads < manyCores ? threads : threads - 1);
