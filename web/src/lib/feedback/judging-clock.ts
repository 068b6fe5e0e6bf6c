/** Longest that the server takes for a judgement: a tab may stay open for days. */
const longestMs = 86_400_000;

/**
 * How long people take over what they say of answers. Each is timed from when it was there to be read, or from the last act, whichever was
 * later: ten answers of one conversation are all there from its opening on, and a reason comes after the thumb that it explains.
 */
export class JudgingClock {
  readonly #seenAt = new Map<string, number>();
  #actedAt = -Infinity;

  /** @param now  ms, from any beginning */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** It is there to be read; the first time counts. */
  see(subjectId: string): void {
    if (!this.#seenAt.has(subjectId)) this.#seenAt.set(subjectId, this.now());
  }

  /** Something was said, of whichever answer. */
  restart(): void {
    this.#actedAt = this.now();
  }

  /** @returns ms up to now, a day at most; null for what nobody saw */
  measure(subjectId: string): number | null {
    const seenAt = this.#seenAt.get(subjectId);
    if (seenAt === undefined) return null;
    return Math.min(longestMs, Math.round(this.now() - Math.max(seenAt, this.#actedAt)));
  }
}
