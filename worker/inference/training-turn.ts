/** Lets a training run that has the machine to itself go first: no answer is begun meanwhile; those that were begun end. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { isChatPaused } from '../../common/queue/chat-pause.js';

const lookIntervalMs = 250;

/**
 * @param options.signal  of the answer: one that is called off waits no longer
 * @param options.onWait  told once, when there is something to wait for
 * @returns whether it has waited
 */
export async function waitForTraining(
  redis: Redis,
  { signal, onWait }: { signal: AbortSignal; onWait: () => void },
): Promise<boolean> {
  let hasWaited = false;
  while (!signal.aborted && (await isPaused(redis))) {
    if (!hasWaited) onWait();
    hasWaited = true;
    // Rejected by the signal, which the next look sees.
    await delay(lookIntervalMs, undefined, { signal }).catch(() => undefined);
  }
  return hasWaited;
}

/** Without Redis nobody can be asked, and people need not wait. */
async function isPaused(redis: Redis): Promise<boolean> {
  if (redis.status !== 'ready') return false;
  return isChatPaused(redis).catch(() => false);
}
