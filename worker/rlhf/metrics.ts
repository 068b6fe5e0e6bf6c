/**
 * Metrics of one or many micro-batches, kept so that they merge exactly: means as sum and count, extremes as themselves.
 */

type Fold = 'mean' | 'min' | 'max';
interface Entry {
  fold: Fold;
  value: number;
  count: number;
}

export class MetricTally {
  private readonly entries = new Map<string, Entry>();
  private readonly differences = new Map<string, readonly [minuend: string, subtrahend: string]>();

  /** Adds a summed value over `count` observations to the mean called `name`. */
  addMean(name: string, sum: number, count = 1): void {
    this.add(name, { fold: 'mean', value: sum, count });
  }

  /** Keeps the smallest value under `name`. */
  addMin(name: string, value: number): void {
    this.add(name, { fold: 'min', value, count: 1 });
  }

  /** Keeps the largest value under `name`. */
  addMax(name: string, value: number): void {
    this.add(name, { fold: 'max', value, count: 1 });
  }

  /** Reports the mean called `minuend` less the one called `subtrahend`, once both have been seen. */
  addDifference(name: string, minuend: string, subtrahend: string): void {
    this.differences.set(name, [minuend, subtrahend]);
  }

  /** Takes in everything that `other` has seen. */
  merge(other: MetricTally): void {
    for (const [name, entry] of other.entries) this.add(name, entry);
    for (const [name, terms] of other.differences) this.differences.set(name, terms);
  }

  /** The metrics as plain numbers; a mean of nothing is left out. */
  toRecord(): Record<string, number> {
    const record: Record<string, number> = {};
    for (const [name, { fold, value, count }] of this.entries) {
      if (count > 0) record[name] = fold === 'mean' ? value / count : value;
    }
    for (const [name, [minuend, subtrahend]] of this.differences) {
      const [high, low] = [record[minuend], record[subtrahend]];
      if (high !== undefined && low !== undefined) record[name] = high - low;
    }
    return record;
  }

  private add(name: string, { fold, value, count }: Entry): void {
    const known = this.entries.get(name);
    if (!known) {
      this.entries.set(name, { fold, value, count });
      return;
    }
    if (fold === 'mean') known.value += value;
    else known.value = fold === 'min' ? Math.min(known.value, value) : Math.max(known.value, value);
    known.count += count;
  }
}
