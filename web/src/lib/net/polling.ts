/** Looks again and again until `stop`. A look that fails is followed by the next like any other. */
export class Polling {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  /**
   * @param look  may run beside itself, when it is asked for while one is on its way
   * @param waitMs  time to the next look, asked for after each; null waits for somebody to ask
   */
  constructor(
    private readonly look: () => Promise<void>,
    private readonly waitMs: () => number | null,
  ) {}

  /** Looks at once. Throws what this look met. */
  async now(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      await this.look();
    } finally {
      this.#lookLater();
    }
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Looks at once, and again from then on, after a `stop` too. */
  async start(): Promise<void> {
    this.#isStopped = false;
    await this.now();
  }

  #lookLater(): void {
    clearTimeout(this.#timer);
    const waitMs = this.waitMs();
    if (this.#isStopped || waitMs === null) return;
    this.#timer = setTimeout(() => void this.now().catch(() => undefined), waitMs);
  }
}
