import type { DataKind } from '../../../common/contracts/dataset-formats.js';

/** Rows of each kind. */
type Sizes = ReadonlyMap<DataKind, number>;

const mostHeldOut = 0.5;

/** How much of each kind is held out, while that is being decided. */
export class HeldOutShares {
  private readonly held = new Map<DataKind, number>();

  /**
   * @param totals    rows of each kind
   * @param fraction  of them that is to be held out, 0 to 0.5
   */
  constructor(
    private readonly totals: Sizes,
    private readonly fraction: number,
  ) {}

  /** Whether one of the kinds is short of its share. */
  wants(kinds: Iterable<DataKind>): boolean {
    return [...kinds].some((kind) => this.of(kind) < this.wantedOf(kind));
  }

  /** Whether every kind would keep at least half of its rows. */
  fits(sizes: Sizes): boolean {
    return [...sizes].every(
      ([kind, size]) => this.of(kind) + size <= (this.totals.get(kind) ?? 0) * mostHeldOut,
    );
  }

  hold(sizes: Sizes): void {
    for (const [kind, size] of sizes) this.held.set(kind, this.of(kind) + size);
  }

  /** Whether each kind whose share is a row or more has at least half of it, each keeps half of its rows, and there is something at all. */
  get areFit(): boolean {
    const isMet = (kind: DataKind) => this.wantedOf(kind) < 1 || this.of(kind) >= this.wantedOf(kind) / 2;
    const nothingMore = new Map([...this.totals.keys()].map((kind) => [kind, 0]));
    return this.held.size > 0 && [...this.totals.keys()].every(isMet) && this.fits(nothingMore);
  }

  private of(kind: DataKind): number {
    return this.held.get(kind) ?? 0;
  }

  private wantedOf(kind: DataKind): number {
    return (this.totals.get(kind) ?? 0) * this.fraction;
  }
}
