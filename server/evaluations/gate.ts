/**
 * When a candidate may go live without anybody forcing it: the Wilson 95 % lower bound of its win-rate against what is live passes one half.
 *
 * People decide where there are enough of them; before that, held-out prompts do, where there are enough of those. Either way trainer and
 * server must agree on the candidate, and no safety or regression set may speak against it.
 */
import type { EvaluationResult, Gate, PromptSetResult, WinRate } from '../../common/contracts/evaluations.js';

/** Two-sided 95 %. */
const z = 1.959963984540054;
/** Pairs that people judged blind from which on they decide. */
const enoughVotes = 30;
/**
 * Held-out prompts below which none of them opens the gate, however well the bound stands: the fewest at which a verdict does not hang on
 * one prompt, since seven of eight pass and six of seven do not. A version that is no better gets there once in 28 tries, hardly more often
 * than at greater numbers (once in 31 at eleven); four of four it wins once in 16. A small installation holds out so many of forty to eighty.
 */
const leastHeldOut = 8;
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

/**
 * @param wins   ties count half
 * @param least  votes below which the rate proves nothing
 */
export function toWinRate(wins: number, votes: number, least = 0): WinRate {
  if (votes === 0) return { wins, votes, rate: null, lowerBound: null, votesNeeded: null };
  const rate = wins / votes;
  const needed = votesToPass(rate);
  return {
    wins,
    votes,
    rate,
    lowerBound: wilsonLowerBound(rate, votes),
    votesNeeded: needed === null ? null : Math.max(0, needed - votes, least - votes),
  };
}

/**
 * @param people   blind comparisons between candidate and live version
 * @param results  of the evaluations against what is live now, the newest first; none without one
 */
export function judge(people: WinRate, results: readonly EvaluationResult[]): Gate {
  const [result] = results;
  const { won = 0, count = 0 } = result?.votes ?? {};
  const heldOut = toWinRate(won, count, leastHeldOut);
  const reward = result?.reward ? toWinRate(result.reward.wins, result.reward.prompts) : null;
  const failed = lastVerdicts(results).filter(({ passes }) => passes === false);
  const failedSets = failed.map(({ name }) => name);
  const closed = (reason: Gate['reason'], by: Gate['by'] = null): Gate => {
    return { passes: false, by, reason, people, heldOut, reward, failedSets };
  };
  // One from before prompts were counted says nothing of them.
  if (!result?.votes) return closed('not_evaluated');
  if (!result.parity.passes) return closed('parity');
  // No number of votes outweighs what the version must not do.
  for (const purpose of ['safety', 'regression'] as const)
    if (failed.some((set) => set.purpose === purpose)) return closed(purpose);
  const by = people.votes >= enoughVotes ? 'people' : 'held_out';
  const decisive = by === 'people' ? people : heldOut;
  // Nothing is missing any more, neither votes nor what they say.
  if (decisive.votesNeeded === 0)
    return { passes: true, by, reason: null, people, heldOut, reward, failedSets };
  return closed((decisive.rate ?? 0.5) < 0.5 ? 'votes_against' : 'unproven', by);
}

/** The last verdict on every set, over all evaluations: one that is judged again without a set takes nothing back of what it said. */
function lastVerdicts(results: readonly EvaluationResult[]): PromptSetResult[] {
  const verdicts = new Map<string, PromptSetResult>();
  for (const set of results.flatMap(({ promptSets = [] }) => promptSets))
    if (set.passes !== null && !verdicts.has(set.id)) verdicts.set(set.id, set);
  return [...verdicts.values()];
}
