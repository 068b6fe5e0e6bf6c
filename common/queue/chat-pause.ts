/**
 * A training run that has the machine to itself: as long as it says so again, inference workers begin no answer.
 *
 * The word lapses by itself, so that a trainer which dies, or a Redis which forgets, lets the chat go on. Of two runs at once, the one that
 * goes on says it again within seconds of the other's end.
 */
import type { Redis } from 'ioredis';

const pauseKey = 'attune:chat-pause';
/** To be renewed several times within it. */
const lapseMs = 8000;

export async function pauseChat(redis: Redis): Promise<void> {
  await redis.set(pauseKey, '1', 'PX', lapseMs);
}

export async function resumeChat(redis: Redis): Promise<void> {
  await redis.del(pauseKey);
}

export async function isChatPaused(redis: Redis): Promise<boolean> {
  return (await redis.exists(pauseKey)) === 1;
}
