/** Deaths in a row, without a step that no process of the run had done before, after which a run has failed. */
const deathsAllowed = 3;

/**
 * How often a run's process is started again when it dies: as often as it will while the run gets further than it ever was. One that dies
 * at the same step again and again, at a checkpoint that kills it, would go round for ever.
 */
export class Patience {
  #furthest = 0;
  #deaths = 0;

  /** @param step  done, counted from the run's beginning */
  reach(step: number): void {
    if (step <= this.#furthest) return;
    this.#furthest = step;
    this.#deaths = 0;
  }

  /** Counts a death. @returns whether the process may be started again */
  allowsAnother(): boolean {
    return ++this.#deaths < deathsAllowed;
  }

  get deaths(): number {
    return this.#deaths;
  }
}
