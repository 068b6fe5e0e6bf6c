/** Composes an answer in a chosen style, so that one prompt has many right answers. */
import { countWords } from '../../common/checks/length.js';
import { pick, type Random, shuffle } from '../random.js';
import type { Language, Row } from '../world/table.js';
import type { Phrasing, Topic } from '../world/topic.js';
import { fill } from './fill.js';

export interface Style {
  language: Language;
  /** Twenty words or more, as far as the topic has details; otherwise the first sentence alone. */
  long: boolean;
  /** Ends with a question to the user. */
  closing: boolean;
}

/** How often the training data shows each style; what preference training starts from. */
export const naturalRates = {
  /** Of all answers: aims at 20 words or more. */
  long: 0.75,
  /** Of all answers: ends with a question to the user. */
  closing: 0.25,
  /** Of all conversations: in Chinese from the start. */
  chinese: 0.36,
  /** Of all conversations in English: prompts in both languages at once. */
  bilingual: 0.1,
  /** Of the answers to a prompt in both languages: Chinese. */
  chineseForBilingual: 0.35,
};

/** How often answers are long and end with a question, and what is talked about. */
export interface Rates extends Pick<typeof naturalRates, 'long' | 'closing' | 'chinese'> {
  /** Factors on the weights of topics, by name; 1 where none is given. */
  emphasis?: Readonly<Record<string, number>>;
}

const longWords = 20;

export function drawStyle(random: Random, language: Language, rates: Pick<Rates, 'long' | 'closing'>): Style {
  return { language, long: random() < rates.long, closing: random() < rates.closing };
}

/**
 * A right answer to any question of this topic about this row.
 *
 * @throws RangeError when the topic or the row is not known in the style's language
 */
export function composeAnswer(random: Random, topic: Topic, row: Row, style: Style): string {
  const phrasing = getPhrasing(topic, style.language);
  const values = row[style.language];
  if (!values) throw new RangeError(`${topic.name} has no ${style.language} for ${row.id}`);
  const say = (template: string) => fill(template, values, style.language, random);

  const sentences = [say(pick(random, phrasing.cores))];
  if (style.long) {
    for (const detail of shuffle(random, phrasing.details)) {
      if (countWords(sentences.join(' ')) >= longWords) break;
      sentences.push(say(detail));
    }
  }
  if (style.closing) sentences.push(say(pick(random, phrasing.closings)));
  return sentences.join(style.language === 'en' ? ' ' : '');
}

export function getPhrasing(topic: Topic, language: Language): Phrasing {
  const phrasing = topic[language];
  if (!phrasing) throw new RangeError(`${topic.name} is not known in ${language}`);
  return phrasing;
}
