/** What a rollout is told by, under the names that TRL uses where it has one. */
import { groupAdvantages, zeroDeviationShare } from '../rlhf/grpo.js';
import { answerKl, scoredRewards } from '../rlhf/group-lessons.js';
import { mean } from '../rlhf/scalar-functions.js';
import type { Group } from './rollout.js';

type Metrics = Record<string, number>;

/** @param names  of the rewards */
export function describeRollout(groups: readonly Group[], names: readonly string[]): Metrics {
  const judged = groups.map((group) => group.judged);
  const scored = scoredRewards(judged);
  const all = judged.flat();
  return {
    ...describeLengths(groups),
    ...Object.fromEntries(names.flatMap((name) => describeReward(groups, name))),
    ...(scored.length > 0 && { reward: mean(scored) }),
    ...describeGroups(groups),
    'rewards/unscored': (all.length - scored.length) / all.length,
    'objective/kl': mean(all.map(answerKl)),
  };
}

function describeReward(groups: readonly Group[], name: string): [string, number][] {
  const given = groups.flatMap(({ rewarded }) => rewarded.flatMap(({ rewards }) => rewards[name] ?? []));
  if (given.length === 0) return [];
  return [
    [`rewards/${name}/mean`, mean(given)],
    [`rewards/${name}/std`, groupAdvantages(given).deviation],
  ];
}

/** Of groups with something to compare. */
function describeGroups(groups: readonly Group[]): Metrics {
  const rewards = groups
    .map(({ judged }) => judged.flatMap(({ reward }) => (reward === null ? [] : [reward])))
    .filter(({ length }) => length > 1);
  if (rewards.length === 0) return {};
  return {
    reward_std: mean(rewards.map((group) => groupAdvantages(group).deviation)),
    frac_reward_zero_std: zeroDeviationShare(rewards),
  };
}

function describeLengths(groups: readonly Group[]): Metrics {
  const answers = groups.flatMap((group) => group.answers);
  const lengths = answers.map(({ tokens }) => tokens.length);
  return {
    'completions/mean_length': mean(lengths),
    'completions/min_length': Math.min(...lengths),
    'completions/max_length': Math.max(...lengths),
    'completions/clipped_ratio': answers.filter(({ ended }) => !ended).length / answers.length,
    'completions/repetition': mean(answers.map(({ tokens }) => repetition(tokens))),
  };
}

/** @returns share of an answer's triples of tokens that it has said before, 0 to 1 */
export function repetition(tokens: Int32Array): number {
  const count = tokens.length - 2;
  if (count < 1) return 0;
  const triples = Array.from({ length: count }, (_, index) => tokens.subarray(index, index + 3).join());
  return 1 - new Set(triples).size / count;
}

/**
 * How often another judge orders two answers to the same prompt the other way.
 *
 * @param pairs  groups of scores by both judges, side by side
 * @returns 0 to 1; null where neither group has two answers that both judges tell apart
 */
export function disagreement(
  groups: readonly (readonly { own: number | null; other: number | null }[])[],
): number | null {
  let [against, decided] = [0, 0];
  for (const group of groups) {
    for (const [index, first] of group.entries()) {
      for (const second of group.slice(index + 1)) {
        const own = (first.own ?? Number.NaN) - (second.own ?? Number.NaN);
        const other = (first.other ?? Number.NaN) - (second.other ?? Number.NaN);
        if (!(own * other !== 0) || Number.isNaN(own * other)) continue;
        decided++;
        if (own * other < 0) against++;
      }
    }
  }
  return decided === 0 ? null : against / decided;
}
