/** How much thumbs of the rarer kind should weigh, by how many there are of each. */

/** Advised ranges for ONE of the two weights, the other staying 1. */
export interface KtoWeightRanges {
  desirable: [low: number, high: number];
  undesirable: [low: number, high: number];
}

/**
 * Ranges that keep (w_d n_d) : (w_u n_u) between 1:1 and 4:3, the latter taken as 1.33 so that the advice equals TRL's.
 *
 * @param desirableCount    thumbs up in the data; > 0
 * @param undesirableCount  thumbs down; > 0
 * @source arXiv:2402.01306, section 4.3
 */
export function ktoWeightRanges(desirableCount: number, undesirableCount: number): KtoWeightRanges {
  const balance = undesirableCount / desirableCount;
  return {
    desirable: [balance, balance * 1.33],
    undesirable: [1 / balance / 1.33, 1 / balance],
  };
}

/**
 * Weights that keep both sides in balance, moving the rarer side's up; both 1 where they are in balance.
 *
 * @param desirableCount    thumbs up in the data; > 0
 * @param undesirableCount  thumbs down; > 0
 */
export function proposeKtoWeights(
  desirableCount: number,
  undesirableCount: number,
): { desirableWeight: number; undesirableWeight: number } {
  const ranges = ktoWeightRanges(desirableCount, undesirableCount);
  const isIn = ([low, high]: readonly [number, number]) => low <= 1 && high >= 1;
  if (isIn(ranges.desirable)) return { desirableWeight: 1, undesirableWeight: 1 };
  // To the near end of the range: no further from equal weights than the balance asks for.
  return desirableCount < undesirableCount
    ? { desirableWeight: roundUp(ranges.desirable[0]), undesirableWeight: 1 }
    : { desirableWeight: 1, undesirableWeight: roundUp(ranges.undesirable[0]) };
}

const roundUp = (weight: number) => Math.ceil(weight * 100) / 100;
