import { within } from '../../common/async/within.js';
import type { StreamEntry } from '../../common/queue/generation-stream.js';
import { isEnd } from './generation-end.js';

/** Entries that wait for a slow consumer; what goes beyond stays in Redis and is read again from there. */
const bufferLimit = 256;
/** A stream that cannot be read this long, of an answer that is known to have ended, is given up for the row. */
const unreadableMs = 1000;

/** Reads one page of a stream straight from Redis: entries after `after`, oldest first. */
export type ReadPage = (after: string) => Promise<StreamEntry[]>;

/** What the shared reader tells of one generation's stream. */
export interface StreamListener {
  /** @param from  where the read began */
  push(entries: readonly StreamEntry[], from: string): void;
  /** The answer has ended, as its row says. @param entries  what is told of it where the stream cannot tell any more */
  endWith(entries: StreamEntry[]): void;
  /** Nothing will be told any more. */
  close(): void;
}

/** Waits for a generation's end and keeps nothing of what comes before it. */
export class EndWatch implements StreamListener {
  private resolve: () => void = () => undefined;
  /** Resolves with the end, or when the watch is closed. */
  readonly over = new Promise<void>((resolve) => (this.resolve = resolve));

  push(entries: readonly StreamEntry[]): void {
    if (entries.some(({ event }) => isEnd(event))) this.close();
  }

  endWith(): void {
    this.close();
  }

  close(): void {
    this.resolve();
  }
}

/**
 * One consumer of one generation's stream, with a cursor of its own.
 *
 * It is *live* while the shared reader pushes to it, and *behind* while it reads pages itself: at first when others are ahead of it, and
 * whenever its consumer is slower than its buffer. So memory is bounded and nothing is lost, as the stream itself is the store.
 */
export class Follower implements StreamListener {
  private readonly buffer: StreamEntry[] = [];
  private live: boolean;
  /** Something was pushed while it was behind, so that an empty page does not mean that it has caught up. */
  private missed = false;
  private ending: StreamEntry[] | null = null;
  private closed = false;
  private notify: (() => void) | null = null;

  /** @param cursor  last entry that was taken in, buffered ones included */
  constructor(
    private cursor: string,
    private readonly readPage: ReadPage,
    { live }: { live: boolean },
  ) {
    this.live = live;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** A cursor before `from` has entries to fetch first. */
  push(entries: readonly StreamEntry[], from: string): void {
    if (!this.live || compareEntryIds(this.cursor, from) < 0) {
      this.live = false;
      this.missed = true;
      this.wake();
      return;
    }
    for (const entry of entries) {
      if (compareEntryIds(entry.entryId, this.cursor) <= 0) continue;
      if (this.buffer.length >= bufferLimit) {
        this.live = false;
        this.missed = true;
        break;
      }
      this.take(entry);
    }
    this.wake();
  }

  /** The answer has ended: whatever Redis still has is delivered first, then these entries, unless the stream had an end of its own. */
  endWith(entries: StreamEntry[]): void {
    this.ending ??= entries;
    this.live = false;
    this.wake();
  }

  /** The consumer is gone, or the server goes down: `next` returns null. */
  close(): void {
    this.closed = true;
    this.wake();
  }

  /** @returns the next entry, or null after `close` */
  async next(): Promise<StreamEntry | null> {
    while (!this.closed) {
      const buffered = this.buffer.shift();
      if (buffered) return buffered;
      if (this.live) await this.wait();
      else if (!(await this.catchUp()) && this.ending) return this.ending.shift() ?? null;
    }
    return null;
  }

  /** @returns whether a page brought anything, or another one has to be read before that can be said */
  private async catchUp(): Promise<boolean> {
    this.missed = false;
    const reading = this.readPage(this.cursor);
    const page = await (this.ending ? within(unreadableMs, reading, []) : reading);
    for (const entry of page) this.take(entry);
    if (page.length > 0 || this.missed) return true;
    if (!this.ending) this.live = true;
    return false;
  }

  private take(entry: StreamEntry): void {
    this.buffer.push(entry);
    this.cursor = entry.entryId;
  }

  private wait(): Promise<void> {
    return new Promise((resolve) => (this.notify = resolve));
  }

  private wake(): void {
    this.notify?.();
    this.notify = null;
  }
}

/** Order of Redis entry ids, `milliseconds-sequence`; negative when `a` comes first. */
export function compareEntryIds(a: string, b: string): number {
  const [aTime = 0, aSequence = 0] = a.split('-').map(Number);
  const [bTime = 0, bSequence = 0] = b.split('-').map(Number);
  return aTime - bTime || aSequence - bSequence;
}
