/** Tastes that a rule can check, each with prompts whose answers are sometimes of it: for runs that answer themselves, and for comparisons. */
import { scoreCheck } from '../../common/checks/score-check.js';
import type { Check } from '../../common/contracts/checks.js';
import { createRandom, type Random } from '../random.js';
import { composeAnswer, naturalRates, type Style } from './answer.js';
import { drawPrompt, type Prompt, type Tongue } from './prompt.js';

export interface Taste {
  name: string;
  check: Check;
  /** In which language prompts are; `both` asks in both at once. */
  tongue: Tongue;
}

export const tastes = {
  question: { name: 'ends with a question', check: { kind: 'ends_with_question' }, tongue: 'en' },
  short: {
    name: 'under twenty words',
    check: { kind: 'length', unit: 'words', min: null, max: 19 },
    tongue: 'en',
  },
  chinese: { name: 'in Chinese', check: { kind: 'language', language: 'zh' }, tongue: 'both' },
} as const satisfies Record<string, Taste>;

/** @returns different prompts; the same seed gives the same */
export function drawPrompts({ tongue }: Pick<Taste, 'tongue'>, count: number, seed: string): string[] {
  const random = createRandom(`${seed} ${tongue}`);
  const texts = new Set<string>();
  while (texts.size < count) {
    const prompt = drawPrompt(random, tongue, naturalRates);
    if (prompt) texts.add(prompt.text);
  }
  return [...texts];
}

export interface Comparison {
  prompt: string;
  chosen: string;
  rejected: string;
}

/** Two right answers to each prompt, of which the rule scores one higher: what somebody of this taste would have chosen. */
export function drawComparisons({ tongue, check }: Taste, count: number, seed: string): Comparison[] {
  const random = createRandom(`${seed} ${tongue} comparisons`);
  const comparisons: Comparison[] = [];
  while (comparisons.length < count) {
    const prompt = drawPrompt(random, tongue, naturalRates);
    if (!prompt) continue;
    const score = (answer: string) => scoreCheck(check, { prompt: prompt.text, answer }) ?? 0;
    const [first, second] = [compose(random, prompt, tongue), compose(random, prompt, tongue)];
    if (score(first) === score(second)) continue;
    const [chosen, rejected] = score(first) > score(second) ? [first, second] : [second, first];
    comparisons.push({ prompt: prompt.text, chosen, rejected });
  }
  return comparisons;
}

/** Of every style alike: a judge sees more than what is usual. */
function compose(random: Random, { topic, row, style }: Prompt, tongue: Tongue): string {
  const language = tongue === 'both' ? (random() < 0.5 ? 'en' : 'zh') : style.language;
  const drawn: Style = { language, long: random() < 0.5, closing: random() < 0.5 };
  return composeAnswer(random, topic, row, drawn);
}
