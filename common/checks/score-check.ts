/**
 * How well an answer keeps a stated rule. No model, no clock, no file: the same answer always has the same score, wherever it is asked.
 */
import type { Check, CheckKind, CheckOf } from '../contracts/checks.js';
import type { ChatTurn } from '../contracts/generation.js';
import { answersSum } from './arithmetic.js';
import { isInLanguage } from './language.js';
import { holdsJson, satisfiesSchema } from './json.js';
import { measureLength } from './length.js';
import { matchesPattern } from './pattern.js';
import { refuses } from './refusal.js';

export interface CheckedAnswer {
  /** What was asked: a text, or the turns before the answer. */
  prompt: string | readonly ChatTurn[];
  answer: string;
}

type Scorers = {
  [K in CheckKind]: (check: CheckOf<K>, answered: CheckedAnswer) => number | boolean | null;
};

const scorers: Scorers = {
  length: ({ unit, min, max }, { answer }) => {
    const length = measureLength(answer, unit);
    if (min !== null && length < min) return length / min;
    return max !== null && length > max ? max / length : 1;
  },
  language: ({ language }, { answer }) => isInLanguage(answer, language),
  ends_with_question: (_check, { answer }) => /[?？]["'”’」』)）]*\s*$/u.test(answer),
  contains: ({ texts, need, caseSensitive }, { answer }) => {
    const found = countFound(texts, answer, caseSensitive);
    return need === 'any' ? found > 0 : found / texts.length;
  },
  excludes: ({ texts, caseSensitive }, { answer }) => countFound(texts, answer, caseSensitive) === 0,
  matches: ({ pattern, caseSensitive }, { answer }) => matchesPattern(answer, pattern, caseSensitive),
  json: (_check, { answer }) => holdsJson(answer),
  json_schema: ({ schema }, { answer }) => satisfiesSchema(answer, schema),
  arithmetic: ({ result }, { prompt, answer }) => answersSum(answer, result ?? toAsked(prompt)),
  refuses: ({ expected }, { answer }) => refuses(answer) === expected,
};

/**
 * Scores one answer by one rule.
 *
 * @returns 1 when the answer keeps the rule, down to 0 the farther it is from it: lengths and lists of texts have scores between; null
 * where the rule says nothing about such a prompt, as arithmetic of a prompt without a sum
 * @throws AppError `CHECK_INVALID` for a JSON schema that cannot be used
 */
export function scoreCheck<K extends CheckKind>(check: CheckOf<K>, answered: CheckedAnswer): number | null {
  // An answer of nothing keeps no rule, not even that of being short.
  if (answered.answer.trim() === '') return 0;
  const score = scorers[check.kind as K](check, answered);
  return score === null ? null : Number(score);
}

/** Whether the answer keeps the rule in full; null where the rule says nothing about such a prompt. */
export function passesCheck(check: Check, answered: CheckedAnswer): boolean | null {
  const score = scoreCheck(check, answered);
  return score === null ? null : score === 1;
}

function countFound(texts: readonly string[], answer: string, caseSensitive: boolean): number {
  const toComparable = (text: string) => (caseSensitive ? text : text.toLowerCase()).normalize('NFC');
  const within = toComparable(answer);
  return texts.filter((text) => within.includes(toComparable(text))).length;
}

/** What a person asked last. */
function toAsked(prompt: CheckedAnswer['prompt']): string {
  if (typeof prompt === 'string') return prompt;
  return prompt.findLast(({ role }) => role === 'user')?.content ?? '';
}
