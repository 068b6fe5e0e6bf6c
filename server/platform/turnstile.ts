/**
 * Lets a few in at a time, in the order they came, so that in a burst the first are done while the others wait, rather than all of them late.
 *
 * Only an order, never a lock: whoever has waited for `patienceMs` goes in, so that work which hangs holds nobody up for longer.
 */
export class Turnstile {
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly patienceMs: number,
  ) {}

  async pass<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#inside >= this.atOnce) await this.#turn();
    this.#inside++;
    try {
      return await work();
    } finally {
      this.#inside--;
      if (this.#inside < this.atOnce) this.#waiting.shift()?.();
    }
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      const enter = () => {
        clearTimeout(impatient);
        const place = this.#waiting.indexOf(enter);
        if (place >= 0) this.#waiting.splice(place, 1);
        resolve();
      };
      const impatient = setTimeout(enter, this.patienceMs);
      this.#waiting.push(enter);
    });
  }
}
