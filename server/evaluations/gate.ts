/**
 * When a candidate may go live without anybody forcing it: the Wilson 95 % lower bound of its win-rate against what is live passes one half.
 *
 * People decide where there are enough of them; before that, held-out pairs do. Either way trainer and server must agree on the candidate,
 * and no safety or regression set may speak against it.
 */
import type { EvaluationResult, Gate, WinRate } from '../../common/contracts/evaluations.js';

/** Two-sided 95 %. */
const z = 1.959963984540054;
/** Blind votes from which on people decide. */
const enoughVotes = 30;
/** No comparison is worth waiting for longer than this. */
const mostVotes = 1_000_000;

/**
 * Lower bound of Wilson's score interval.
 *
 * @param rate   share of votes won, 0 to 1
 * @param votes  at least 1
 * @see Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953
 */
export function wilsonLowerBound(rate: number, votes: number): number {
  const spread = z * Math.sqrt((rate * (1 - rate)) / votes + (z * z) / (4 * votes * votes));
  return (rate + (z * z) / (2 * votes) - spread) / (1 + (z * z) / votes);
}

/** Fewest votes at which the bound passes one half, were the rate to stay. @returns null for a rate that never gets there */
export function votesToPass(rate: number): number | null {
  if (rate <= 0.5) return null;
  let [low, high] = [0, mostVotes];
  if (wilsonLowerBound(rate, high) <= 0.5) return null;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (wilsonLowerBound(rate, middle) > 0.5) high = middle;
    else low = middle;
  }
  return high;
}

/** @param wins  ties count half */
export function toWinRate(wins: number, votes: number): WinRate {
  if (votes === 0) return { wins, votes, rate: null, lowerBound: null, votesNeeded: null };
  const rate = wins / votes;
  const needed = votesToPass(rate);
  return {
    wins,
    votes,
    rate,
    lowerBound: wilsonLowerBound(rate, votes),
    votesNeeded: needed === null ? null : Math.max(0, needed - votes),
  };
}

/**
 * @param people  blind comparisons between candidate and live version
 * @param result  of the last evaluation against what is live now; null without one
 */
export function judge(people: WinRate, result: EvaluationResult | null): Gate {
  const heldOut = toWinRate(result?.wins ?? 0, result?.pairs ?? 0);
  const reward = result?.reward ? toWinRate(result.reward.wins, result.reward.prompts) : null;
  const failed = (result?.promptSets ?? []).filter(({ passes }) => passes === false);
  const failedSets = failed.map(({ name }) => name);
  const closed = (reason: Gate['reason'], by: Gate['by'] = null): Gate => {
    return { passes: false, by, reason, people, heldOut, reward, failedSets };
  };
  if (!result) return closed('not_evaluated');
  if (!result.parity.passes) return closed('parity');
  // No number of votes outweighs what the version must not do.
  for (const purpose of ['safety', 'regression'] as const)
    if (failed.some((set) => set.purpose === purpose)) return closed(purpose);
  const by = people.votes >= enoughVotes ? 'people' : 'held_out';
  const decisive = by === 'people' ? people : heldOut;
  if ((decisive.lowerBound ?? 0) > 0.5)
    return { passes: true, by, reason: null, people, heldOut, reward, failedSets };
  return closed((decisive.rate ?? 0) < 0.5 ? 'votes_against' : 'unproven', by);
}
