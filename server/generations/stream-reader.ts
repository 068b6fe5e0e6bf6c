/**
 * Many followers, one waiting Redis connection: a single loop reads the streams of all generations that anyone on this server follows
 * and hands each entry to its followers the moment it arrives.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import {
  readEvents,
  readManyEvents,
  wakeReader,
  type StreamEntry,
} from '../../common/queue/generation-stream.js';
import { compareEntryIds, EndWatch, Follower, type StreamListener } from './follower.js';

/** Entries of one stream that one read takes; a page of a follower that is behind. */
const pageEntries = 256;
/** A waiting read returns at least this often. */
const blockMs = 5000;
/** One that is late by this much waits on a connection that died silently. */
const lateMs = 2000;
const retryMs = 200;
/** What wakes the waiting read lapses after a minute. */
const renewMs = 20_000;

interface FollowedStream {
  /** Last entry that was handed out. */
  position: string;
  listeners: Set<StreamListener>;
}

export class StreamReader {
  private readonly readerId = randomUUID();
  private readonly streams = new Map<string, FollowedStream>();
  private readonly waiting: Redis;
  private wake = '0-0';
  private renewedAt = -Infinity;
  private loop: Promise<void> | null = null;
  private closed = false;

  /** @param redis  for commands; the connection that waits is made from it */
  constructor(
    private readonly redis: Redis,
    private readonly onFault: (error: unknown) => void,
  ) {
    this.waiting = redis.duplicate();
    this.waiting.on('error', onFault);
  }

  get followedIds(): string[] {
    return [...this.streams.keys()];
  }

  /** All entries after `after`. Whoever joins must leave. */
  join(generationId: string, after: string): Follower {
    const stream = this.streams.get(generationId);
    const live = !stream || compareEntryIds(after, stream.position) >= 0;
    const readPage = (from: string) => this.readPage(generationId, from, follower);
    const follower: Follower = new Follower(after, readPage, { live });
    this.add(generationId, after, follower);
    return follower;
  }

  /** The end alone. Whoever joins must leave. */
  joinForEnd(generationId: string): EndWatch {
    const watch = new EndWatch();
    this.add(generationId, '0-0', watch);
    return watch;
  }

  leave(generationId: string, listener: StreamListener): void {
    listener.close();
    const stream = this.streams.get(generationId);
    stream?.listeners.delete(listener);
    if (stream?.listeners.size === 0) this.streams.delete(generationId);
  }

  /** The row says that the answer has ended: its followers get what the stream still has, then these entries. */
  end(generationId: string, entries: readonly StreamEntry[]): void {
    for (const listener of this.streams.get(generationId)?.listeners ?? []) listener.endWith([...entries]);
  }

  /** Closes every listener. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { listeners } of this.streams.values()) for (const listener of listeners) listener.close();
    this.streams.clear();
    this.waiting.disconnect();
    await this.loop;
  }

  private add(generationId: string, after: string, listener: StreamListener): void {
    if (this.closed) return listener.close();
    const stream = this.streams.get(generationId);
    if (stream) {
      stream.listeners.add(listener);
      return;
    }
    this.streams.set(generationId, { position: after, listeners: new Set([listener]) });
    if (this.loop) this.wakeLoop();
    else this.loop = this.read();
  }

  private wakeLoop(): void {
    const now = performance.now();
    const renew = now - this.renewedAt > renewMs;
    if (renew) this.renewedAt = now;
    wakeReader(this.redis, this.readerId, { renew }).catch(this.onFault);
  }

  private async read(): Promise<void> {
    while (this.streams.size > 0 && !this.closed) {
      const generations = new Map([...this.streams].map(([id, { position }]) => [id, position]));
      try {
        const { entries, wake } = await this.readNew(generations);
        this.wake = wake;
        for (const [generationId, items] of entries)
          this.deliver(generationId, items, generations.get(generationId) ?? '0-0');
      } catch (error) {
        if (this.closed) break;
        // Redis is away or restarting: its streams may come back, and the sweep ends what has ended meanwhile.
        this.onFault(error);
        await delay(retryMs);
      }
    }
    this.loop = null;
  }

  private async readNew(generations: ReadonlyMap<string, string>): ReturnType<typeof readManyEvents> {
    const position = { generations, wake: this.wake };
    // What was asked is asked again over the next connection.
    const renew = () => this.waiting.status === 'ready' && this.waiting.disconnect(true);
    const late = setInterval(renew, blockMs + lateMs);
    try {
      return await readManyEvents(this.waiting, this.readerId, position, { blockMs, count: pageEntries });
    } finally {
      clearInterval(late);
    }
  }

  /** Tries until Redis answers or nobody asks any more. */
  private async readPage(generationId: string, after: string, reader: Follower): Promise<StreamEntry[]> {
    while (!this.closed && !reader.isClosed) {
      try {
        return await readEvents(this.redis, generationId, { after, count: pageEntries });
      } catch (error) {
        this.onFault(error);
        await delay(retryMs);
      }
    }
    return [];
  }

  private deliver(generationId: string, entries: StreamEntry[], from: string): void {
    const stream = this.streams.get(generationId);
    const last = entries.at(-1);
    if (!stream || !last) return;
    if (compareEntryIds(last.entryId, stream.position) > 0) stream.position = last.entryId;
    for (const listener of stream.listeners) listener.push(entries, from);
  }
}
