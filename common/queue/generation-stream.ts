/**
 * The Redis stream of one generation: the worker appends, any number of readers follow from the last entry they saw.
 *
 * Kept for an hour after the last entry; what outlives it is in Postgres. The stop signal travels beside it, as a key (for a worker that
 * takes the job later) and a publication (for the one that runs it).
 */
import type { Redis } from 'ioredis';
import { generationEventSchema, type GenerationEvent } from '../contracts/generation.js';

const keptSeconds = 3600;
const streamKey = (generationId: string) => `attune:generation:${generationId}`;
const stopKey = (generationId: string) => `attune:generation:${generationId}:stop`;

/** Channel on which ids of generations to stop are published. */
export const stopChannel = 'attune:generation:stop';

export interface StreamEntry {
  /** Redis entry id, `milliseconds-sequence`; ordered. */
  entryId: string;
  event: GenerationEvent;
}

/** Appends one event. @returns its entry id */
export async function appendEvent(
  redis: Redis,
  generationId: string,
  event: GenerationEvent,
): Promise<string> {
  const key = streamKey(generationId);
  const results = await redis
    .multi()
    .xadd(key, '*', 'event', JSON.stringify(event))
    .expire(key, keptSeconds)
    .exec();
  return String(results?.[0]?.[1]);
}

/**
 * Entries after `after` (exclusive; `0-0` for all). Waits up to `blockMs` for the first one; empty when none came.
 *
 * A waiting read holds its connection: give each follower loop one of its own.
 */
export async function readEvents(
  redis: Redis,
  generationId: string,
  { after = '0-0', blockMs }: { after?: string; blockMs?: number } = {},
): Promise<StreamEntry[]> {
  const key = streamKey(generationId);
  const reply =
    blockMs === undefined
      ? await redis.xread('STREAMS', key, after)
      : await redis.xread('BLOCK', blockMs, 'STREAMS', key, after);
  return (reply?.[0]?.[1] ?? []).map(([entryId, fields]) => ({
    entryId,
    event: generationEventSchema.parse(JSON.parse(fields[1] ?? 'null')),
  }));
}

/** Removes the stream: a generation that starts over. */
export async function deleteEvents(redis: Redis, generationId: string): Promise<void> {
  await redis.del(streamKey(generationId), stopKey(generationId));
}

/** Asks whichever worker has, or will have, the generation to stop it. */
export async function requestStop(redis: Redis, generationId: string): Promise<void> {
  await redis
    .multi()
    .set(stopKey(generationId), '1', 'EX', keptSeconds)
    .publish(stopChannel, generationId)
    .exec();
}

export async function isStopRequested(redis: Redis, generationId: string): Promise<boolean> {
  return (await redis.exists(stopKey(generationId))) === 1;
}
