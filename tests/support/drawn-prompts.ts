/** Prompts of Attune GPT's world for a model that answers itself. */
import { naturalRates } from '../../models/generator/answer.js';
import { drawPrompt, type Tongue } from '../../models/generator/prompt.js';
import { createRandom } from '../../models/random.js';
import type { Row } from './training-folder.js';

/** @param tongue  `both` asks in both languages at once @returns rows of different prompts, as conversations */
export function drawPrompts(count: number, tongue: Tongue, seed = 'prompts'): Row[] {
  const random = createRandom(`${seed} ${tongue}`);
  const texts = new Set<string>();
  while (texts.size < count) {
    const prompt = drawPrompt(random, tongue, naturalRates);
    if (prompt) texts.add(prompt.text);
  }
  return [...texts].map((content) => ({ prompt: [{ role: 'user', content }] }));
}
