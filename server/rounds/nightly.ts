const dayMs = 86_400_000;
/** A server that is away for longer lets the night pass. */
const patienceMs = 3_600_000;

/**
 * Whether it is time: the hour has come within the last one, and nothing was begun since.
 *
 * @param by.at     first time; every day at that time from then on
 * @param by.after  when one was last begun, or the plan saved
 */
export function isNightly(now: Date, { at, after }: { at: Date; after: Date }): boolean {
  const days = Math.floor((now.getTime() - at.getTime()) / dayMs);
  const turn = at.getTime() + days * dayMs;
  return days >= 0 && now.getTime() - turn < patienceMs && after.getTime() < turn;
}
