/** Learning rates over the updates of a run. */

export const scheduleKinds = ['linear', 'cosine', 'constant'] as const;
export type ScheduleKind = (typeof scheduleKinds)[number];

export interface Schedule {
  kind: ScheduleKind;
  /** The rate after warm-up. */
  peak: number;
  /** Updates over which the rate rises linearly from 0. */
  warmupUpdates: number;
  totalUpdates: number;
}

/**
 * Rate of one update; falls to 0 at the end (linear, cosine) or stays (constant).
 *
 * @param update  0 for the first
 */
export function learningRateAt(
  { kind, peak, warmupUpdates, totalUpdates }: Schedule,
  update: number,
): number {
  if (update < warmupUpdates) return (peak * update) / warmupUpdates;
  const progress = Math.min(1, (update - warmupUpdates) / Math.max(1, totalUpdates - warmupUpdates));
  return peak * decays[kind](progress);
}

const decays = {
  linear: (progress) => 1 - progress,
  cosine: (progress) => (1 + Math.cos(Math.PI * progress)) / 2,
  constant: () => 1,
} satisfies Record<ScheduleKind, (progress: number) => number>;
