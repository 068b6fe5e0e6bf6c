/**
 * The Redis stream of one generation: the worker appends, any number of readers follow from the last entry they saw.
 *
 * Kept for an hour after its beginning, and after its end; what an answer that takes longer has said by then is in Postgres, as everything
 * is in the end. The stop signal travels beside it, as a key (for a worker that
 * takes the job later) and a publication (for the one that runs it).
 */
import type { Redis } from 'ioredis';
import { AppError } from '../contracts/errors.js';
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
 * Appends many events in one round trip, in order, and in one transaction: who waits on several of the streams is woken once.
 *
 * @throws the first error that Redis answered with; the others may have been appended
 */
export async function appendEvents(
  redis: Redis,
  entries: readonly { generationId: string; event: GenerationEvent }[],
): Promise<void> {
  const transaction = redis.multi();
  for (const { generationId, event } of entries) {
    const key = streamKey(generationId);
    transaction.xadd(key, '*', 'event', JSON.stringify(event));
    // A stream's life is counted from its ends; renewing it with every token would double the work.
    if (event.type !== 'delta' || event.offset === 0) transaction.expire(key, keptSeconds);
  }
  const results = await transaction.exec();
  const failed = results?.find(([error]) => error)?.[0];
  if (failed) throw failed;
}

/**
 * Entries after `after` (exclusive; `0-0` for all), at most `count`. Waits up to `blockMs` for the first one; empty when none came.
 *
 * A waiting read holds its connection: give each follower loop one of its own.
 */
export async function readEvents(
  redis: Redis,
  generationId: string,
  { after = '0-0', blockMs, count = 1000 }: { after?: string; blockMs?: number; count?: number } = {},
): Promise<StreamEntry[]> {
  const key = streamKey(generationId);
  const reply =
    blockMs === undefined
      ? await redis.xread('COUNT', count, 'STREAMS', key, after)
      : await redis.xread('COUNT', count, 'BLOCK', blockMs, 'STREAMS', key, after);
  return (reply?.[0]?.[1] ?? []).map(toEntry);
}

/** A reader of many streams waits on one of its own too, so that it can be told of another stream while it waits. */
const readerKey = (readerId: string) => `attune:reader:${readerId}`;

export interface ReaderPosition {
  /** Last entry seen, by generation id. */
  generations: ReadonlyMap<string, string>;
  /** Last wake-up seen; `0-0` at first. */
  wake: string;
}

/**
 * One waiting read over many generations: what is new in each of them, at most `count` entries each.
 *
 * @param readerId  of the caller's choice, unique; `wakeReader` with it makes the read return, also when it is called just before
 * @returns new entries by generation id (none when the time was up or the reader was woken), and the last wake-up seen
 */
export async function readManyEvents(
  redis: Redis,
  readerId: string,
  position: ReaderPosition,
  { blockMs, count }: { blockMs: number; count: number },
): Promise<{ entries: Map<string, StreamEntry[]>; wake: string }> {
  const idsByKey = new Map([...position.generations.keys()].map((id) => [streamKey(id), id]));
  const keys = [readerKey(readerId), ...idsByKey.keys()];
  const after = [position.wake, ...position.generations.values()];
  const reply = await redis.xread('COUNT', count, 'BLOCK', blockMs, 'STREAMS', ...keys, ...after);
  const entries = new Map<string, StreamEntry[]>();
  let wake = position.wake;
  for (const [key, items] of reply ?? []) {
    const generationId = idsByKey.get(key);
    if (generationId === undefined) wake = items.at(-1)?.[0] ?? wake;
    else entries.set(generationId, items.map(toEntry));
  }
  return { entries, wake };
}

/** A reader that is gone leaves nothing for longer. */
const wakeUpKeptSeconds = 60;

/**
 * Ends the wait of the reader's `readManyEvents`, or of its next one.
 *
 * @param renew  what it wakes by is kept for another minute; not needed with each of many
 */
export async function wakeReader(
  redis: Redis,
  readerId: string,
  { renew }: { renew: boolean },
): Promise<void> {
  const key = readerKey(readerId);
  const wakeUp = [key, 'MAXLEN', 1, '*', 'wake', '1'] as const;
  // A transaction costs several times as much as the one command.
  if (renew)
    await redis
      .multi()
      .xadd(...wakeUp)
      .expire(key, wakeUpKeptSeconds)
      .exec();
  else await redis.xadd(...wakeUp);
}

/** An entry that another version wrote and this one cannot read ends the answer for the reader, rather than ending the reader. */
function toEntry([entryId, fields]: [string, string[]]): StreamEntry {
  const parsed = generationEventSchema.safeParse(parseJson(fields[1]));
  if (parsed.success) return { entryId, event: parsed.data };
  const unreadable = new AppError('GENERATION_STREAM_INVALID', { entryId }).toFailure();
  return { entryId, event: { type: 'failed', ...unreadable } };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
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
