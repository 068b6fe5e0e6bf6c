/** A rollout as the run's page shows it: some groups of it, their texts within bounds. */
import { rolloutTold, type RolloutGroup, type RunEvent } from '../../common/contracts/run-events.js';
import type { Lesson } from '../rlhf/algorithm.js';
import { mean } from '../rlhf/scalar-functions.js';
import type { Group } from './rollout.js';
import { measureDifference } from './sampler-difference.js';

type RolloutEvent = Extract<RunEvent, { type: 'rollout' }>;

/** @param step  from 1 */
export function toRolloutEvent(
  step: number,
  groups: readonly Group[],
  lessons: readonly (readonly (Lesson | null)[])[],
): RolloutEvent {
  const told = groups.slice(0, rolloutTold.groups).map((group, index) => toTold(group, lessons[index] ?? []));
  return { type: 'rollout', step, groups: told };
}

function toTold(
  { turns, answers, rewarded, judged }: Group,
  lessons: readonly (Lesson | null)[],
): RolloutGroup {
  return {
    prompt: bounded(turns.at(-1)?.content ?? ''),
    answers: answers.slice(0, rolloutTold.answers).map(({ text, tokens, ended, logProbs }, index) => {
      const { advantages = new Float32Array() } = lessons[index] ?? {};
      const trainer = judged[index]?.logProbs ?? new Float32Array();
      return {
        text: bounded(text),
        tokens: tokens.length,
        ended,
        rewards: rewarded[index]?.rewards ?? {},
        total: judged[index]?.reward ?? null,
        advantage: advantages.length > 0 ? mean(advantages) : 0,
        logProbDifference: measureDifference([{ trainer, sampler: logProbs }]).mean,
      };
    }),
  };
}

/** Never half a character. */
function bounded(text: string): string {
  const { characters } = rolloutTold;
  return text.length <= characters
    ? text
    : `${text.slice(0, characters - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
