/** Which prompts are kept out of training, and the set of them that the model is examined with. */
import { createRandom, hash, shuffle } from '../random.js';
import type { Language, Row } from '../world/table.js';
import { topics } from '../world/topics.js';
import type { Topic } from '../world/topic.js';
import { fill } from './fill.js';

/** A prompt that training never showed, in this or any decorated form. */
export interface HeldOutPrompt {
  topic: Topic;
  row: Row;
  language: Language;
  prompt: string;
}

const oneIn = 12;
const atMostPerTopic = 16;

/**
 * True for about one question in twelve, told by its words alone: the same in every run and for every row, and whether it is written with
 * capitals and a mark at its end or without.
 */
export function isHeldOut(question: string): boolean {
  const words = question.toLowerCase().replace(/[?.!？。！]+$/u, '');
  return hash(`held out: ${words}`) % oneIn === 0;
}

/** The examination: of each topic and language at most 16 held-out questions, always the same ones. */
export function listHeldOutPrompts(): HeldOutPrompt[] {
  const random = createRandom('examination');
  return topics.flatMap((topic) =>
    (['en', 'zh'] as const).flatMap((language) => {
      const found = new Map(questionsOf(topic, language).map((entry) => [entry.prompt, entry]));
      return shuffle(random, [...found.values()]).slice(0, atMostPerTopic);
    }),
  );
}

function questionsOf(topic: Topic, language: Language): HeldOutPrompt[] {
  const random = createRandom('unused');
  return topic.table.rows.flatMap((row) => {
    const values = row[language];
    if (!values) return [];
    return (topic[language]?.questions ?? [])
      .map((question) => fill(question, values, language, random))
      .filter(isHeldOut)
      .map((prompt) => ({ topic, row, language, prompt }));
  });
}
