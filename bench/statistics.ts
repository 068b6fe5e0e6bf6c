/** @returns the value below which the given share of the samples lies, by nearest rank; NaN without samples */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);
