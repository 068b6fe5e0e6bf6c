/** Asks a model every held-out question and counts the right answers. */
import { listHeldOutPrompts, type HeldOutPrompt } from '../generator/held-out.js';
import { isRight } from './check.js';
import type { Speaker } from './speaker.js';

export interface Examination {
  asked: number;
  right: number;
  byTopic: Record<string, { asked: number; right: number }>;
  mistakes: { topic: string; prompt: string; answer: string }[];
}

/** @param prompts  the held-out questions unless told otherwise */
export async function examine(
  speaker: Speaker,
  prompts: readonly HeldOutPrompt[] = listHeldOutPrompts(),
): Promise<Examination> {
  const result: Examination = { asked: 0, right: 0, byTopic: {}, mistakes: [] };
  for (const { prompt, topic, row, language } of prompts) {
    const answer = await speaker.answer([{ role: 'user', content: prompt }]);
    const right = isRight(answer, topic, row, language);
    const tally = (result.byTopic[`${topic.name}-${language}`] ??= { asked: 0, right: 0 });
    result.asked += 1;
    tally.asked += 1;
    if (right) {
      result.right += 1;
      tally.right += 1;
    } else result.mistakes.push({ topic: topic.name, prompt, answer });
  }
  return result;
}
