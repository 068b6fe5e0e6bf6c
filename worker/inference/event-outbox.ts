/**
 * The way of all answers' events into their Redis streams: gathered for a few milliseconds, sent together, one sending at a time.
 *
 * The batch loop never waits for it. While Redis is slow or away, deltas of the same answer grow together, so that what waits is bounded by
 * the answers' text; when it is back, each running answer is told to say its whole text again, since the streams may be gone.
 */
import type { Redis } from 'ioredis';
import type { GenerationEvent, TokenLogProb } from '../../common/contracts/generation.js';
import { appendEvents } from '../../common/queue/generation-stream.js';

/** Tokens of one step come together within this. */
const gatherMs = 4;

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
  #lastSentAt = 0;

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
    this.#schedule();
  }

  /** Resolves when everything added so far is in Redis; waits as long as Redis is away. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#sending) {
      this.#send();
      await this.#sending;
    }
  }

  #schedule(): void {
    if (this.#timer || this.#sending) return;
    // The first token after a pause leaves at once.
    const due = Math.max(0, this.#lastSentAt + gatherMs - performance.now());
    this.#timer = setTimeout(() => this.#send(), due);
  }

  #send(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#sending || this.#waiting.length === 0) return;
    const entries = this.#waiting;
    this.#waiting = [];
    this.#open.clear();
    this.#lastSentAt = performance.now();
    this.#sending = appendEvents(this.redis, entries)
      .catch(this.onError)
      .finally(() => {
        this.#sending = null;
        if (this.#waiting.length > 0) this.#schedule();
      });
  }
}

const joined = (before: TokenLogProb[] | undefined, added: TokenLogProb[]) => [...(before ?? []), ...added];
