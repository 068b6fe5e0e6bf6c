/**
 * The way of all answers' events into their Redis streams: gathered for a moment, sent together, one sending at a time.
 *
 * Every event costs this worker, Redis, the server and the reader's page the same, however little text it brings. So the more answers are
 * being written, the longer their text is gathered: their number in a second stays the same. What a reader waits for leaves at once: an
 * answer's first text, how it ends. That it was started waits for its first text, as long as that does not take long.
 *
 * The batch loop never waits for it. While Redis is slow or away, deltas of the same answer grow together, so that what waits is bounded by
 * the answers' text; when it is back, each running answer is told to say its whole text again, since the streams may be gone.
 */
import type { Redis } from 'ioredis';
import type { GenerationEvent, TokenLogProb } from '../../common/contracts/generation.js';
import { appendEvents } from '../../common/queue/generation-stream.js';

/** Pause after a sending, for each event that it had. One answer alone shows each of its tokens at once. */
const pauseMsPerEvent = 12;
/** What comes ten times in a second is still seen to flow. */
const longestPauseMs = 100;

type Delta = Extract<GenerationEvent, { type: 'delta' }>;
interface Entry {
  generationId: string;
  event: GenerationEvent;
}

export class EventOutbox {
  #waiting: Entry[] = [];
  /** Last waiting delta of each answer, which the next one joins. */
  #open = new Map<string, Delta>();
  #timer: NodeJS.Timeout | null = null;
  #sending: Promise<void> | null = null;
  // Both on `performance.now`'s clock.
  #gatheredUntil = 0;
  #dueAt = Infinity;

  constructor(
    private readonly redis: Redis,
    private readonly onError: (error: unknown) => void,
  ) {}

  add(generationId: string, event: GenerationEvent): void {
    const open = this.#open.get(generationId);
    if (event.type === 'delta' && open && open.offset + open.text.length === event.offset) {
      open.text += event.text;
      if (event.logProbs) open.logProbs = joined(open.logProbs, event.logProbs);
    } else {
      const own = { ...event };
      this.#waiting.push({ generationId, event: own });
      if (own.type === 'delta') this.#open.set(generationId, own);
      else this.#open.delete(generationId);
    }
    const dueAt = this.#dueAtOf(event);
    if (dueAt >= this.#dueAt) return;
    this.#dueAt = dueAt;
    this.#schedule();
  }

  /** Resolves when everything added so far is in Redis; waits as long as Redis is away. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#sending) {
      this.#send();
      await this.#sending;
    }
  }

  #dueAtOf(event: GenerationEvent): number {
    if (event.type === 'started') return performance.now() + longestPauseMs;
    const goesOn = event.type === 'delta' && event.offset > 0;
    return goesOn ? this.#gatheredUntil : 0;
  }

  #schedule(): void {
    if (this.#sending) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), Math.max(0, this.#dueAt - performance.now()));
  }

  #send(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#sending || this.#waiting.length === 0) return;
    const entries = this.#waiting;
    this.#waiting = [];
    this.#open.clear();
    this.#gatheredUntil = performance.now() + Math.min(longestPauseMs, entries.length * pauseMsPerEvent);
    this.#dueAt = Infinity;
    this.#sending = appendEvents(this.redis, entries)
      .catch(this.onError)
      .finally(() => {
        this.#sending = null;
        if (this.#waiting.length > 0) this.#schedule();
      });
  }
}

const joined = (before: TokenLogProb[] | undefined, added: TokenLogProb[]) => [...(before ?? []), ...added];
