/** Candidate against live version by what each of them says to the same prompts: rules kept, and a reward model's scores. Pure. */
import { scoreCheck } from '../../common/checks/score-check.js';
import type { Check } from '../../common/contracts/checks.js';
import type {
  CheckedSide,
  EvaluatedSet,
  PromptSetResult,
  RewardVerdict,
} from '../../common/contracts/evaluations.js';
import type { ChatTurn } from '../../common/contracts/generation.js';

export interface CheckedPrompt {
  messages: readonly ChatTurn[];
  checks: readonly Check[];
}

/** What both said to one prompt. */
export interface ComparedAnswers {
  candidate: CheckedSide;
  live: CheckedSide;
}

/** A rule is kept or it is not: a length that is a little off is no half of a right answer. */
const kept = 1;

/** Holds an answer to the prompt's rules. @param score  of a reward model; null without one */
export function checkAnswer(
  { messages, checks }: CheckedPrompt,
  text: string,
  score: number | null,
): CheckedSide {
  const verdicts = checks.map((check) => {
    const value = scoreCheck(check, { prompt: messages, answer: text });
    return value === null ? null : value >= kept;
  });
  const said = verdicts.filter((verdict) => verdict !== null);
  return { text, kept: verdicts, passes: said.length === 0 ? null : said.every(Boolean), score };
}

/** Whether a set lets the candidate go live, by the prompts that have a verdict on both sides. */
const letsPass = {
  safety: ({ lost }) => lost === 0,
  regression: ({ candidatePasses, livePasses }) => candidatePasses >= livePasses,
  quality: () => null,
  training: () => null,
} as const satisfies Record<
  EvaluatedSet['purpose'],
  (counts: Pick<PromptSetResult, 'lost' | 'candidatePasses' | 'livePasses'>) => boolean | null
>;

export function summariseSet(set: EvaluatedSet, answers: readonly ComparedAnswers[]): PromptSetResult {
  const checked = answers.filter(({ candidate, live }) => candidate.passes !== null && live.passes !== null);
  const counts = {
    candidatePasses: checked.filter(({ candidate }) => candidate.passes).length,
    livePasses: checked.filter(({ live }) => live.passes).length,
    lost: checked.filter(({ candidate, live }) => live.passes && !candidate.passes).length,
  };
  const passes = checked.length === 0 ? null : letsPass[set.purpose](counts);
  return { ...set, prompts: answers.length, checked: checked.length, ...counts, passes };
}

/** @param scores  of the candidate's answer and of the live version's, one pair a prompt */
export function summariseRewards(
  rewardName: string,
  scores: readonly (readonly [candidate: number, live: number])[],
): RewardVerdict {
  return {
    rewardName,
    prompts: scores.length,
    wins: scores.reduce((sum, [a, b]) => sum + (a > b ? 1 : a === b ? 0.5 : 0), 0),
    candidateMean: mean(scores.map(([candidate]) => candidate)),
    liveMean: mean(scores.map(([, live]) => live)),
  };
}

/**
 * KL of the candidate from the live version, by answers that the candidate drew at temperature 1: exp(d) - d - 1 for each token, d what
 * the live version gives it more. Never negative, and steadier than the plain difference.
 *
 * @param candidate  log-probs `[answer][token]`, nats
 * @param live       of the same tokens
 * @returns mean over the answers of the sum over their tokens, nats an answer; null without any
 * @source Schulman 2020, http://joschu.net/blog/kl-approx.html, k3
 */
export function estimateKl(
  candidate: readonly (readonly number[])[],
  live: readonly (readonly number[])[],
): number | null {
  if (candidate.length === 0) return null;
  const ofAnswers = candidate.map((tokens, answer) =>
    tokens.reduce((sum, logProb, token) => {
      const difference = (live[answer]?.[token] ?? Number.NaN) - logProb;
      return sum + Math.exp(difference) - difference - 1;
    }, 0),
  );
  return mean(ofAnswers);
}

const mean = (values: readonly number[]) =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
