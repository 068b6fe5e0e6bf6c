/** A planted preference within the world of Attune GPT: answers that end with a question to the user. */
import { composeAnswer, naturalRates } from '../../models/generator/answer.js';
import { drawPrompt } from '../../models/generator/prompt.js';
import { createRandom } from '../../models/random.js';
import type { PlantedPair, PlantedPreference } from './planted-preference.js';

const endsWithQuestion = (answer: string): boolean => /[?？]$/u.test(answer);

/** Pairs of one answer with a question at its end and without; what is trained on and what is held out share no prompt. */
export function closingQuestions(counts: { trained: number; heldOut: number }): PlantedPreference {
  const random = createRandom('closing questions');
  const pairs = new Map<string, PlantedPair>();
  while (pairs.size < counts.trained + counts.heldOut) {
    const prompt = drawPrompt(random, random() < naturalRates.chinese ? 'zh' : 'en', naturalRates);
    if (!prompt) continue;
    const { text, topic, row, style } = prompt;
    // The same draws, so that the two differ in their ends only.
    const say = (closing: boolean) =>
      composeAnswer(createRandom(`${pairs.size}`), topic, row, { ...style, closing });
    const [chosen, rejected] = [say(true), say(false)];
    if (!endsWithQuestion(rejected)) pairs.set(text, { prompt: text, chosen, rejected });
  }
  const all = [...pairs.values()];
  return {
    holds: endsWithQuestion,
    train: all.slice(0, counts.trained),
    heldOut: all.slice(counts.trained),
  };
}
