/** A rate limit that allows bursts: `burst` at once, refilled evenly. */
export class TokenBucket {
  private tokens: number;
  private filledAt: number;

  constructor(
    private readonly limit: { burst: number; perSecond: number },
    private readonly now: () => number = () => performance.now(),
  ) {
    this.tokens = limit.burst;
    this.filledAt = now();
  }

  /** @returns 0 when it is allowed, else the seconds until the next one is */
  take(): number {
    const { burst, perSecond } = this.limit;
    const at = this.now();
    this.tokens = Math.min(burst, this.tokens + ((at - this.filledAt) / 1000) * perSecond);
    this.filledAt = at;
    if (this.tokens < 1) return (1 - this.tokens) / perSecond;
    this.tokens -= 1;
    return 0;
  }
}
