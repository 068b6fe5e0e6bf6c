/** Draws a prompt and the style its answer should have. */
import { pick, type Random } from '../random.js';
import type { Language, Row } from '../world/table.js';
import { topics } from '../world/topics.js';
import type { Topic } from '../world/topic.js';
import { drawStyle, naturalRates, type Rates, type Style } from './answer.js';
import { fill } from './fill.js';
import { isHeldOut } from './held-out.js';

export interface Prompt {
  topic: Topic;
  row: Row;
  text: string;
  style: Style;
}

/** In which language a conversation is held; `both` asks in both at once. */
export type Tongue = Language | 'both';

const decorationRates = {
  greeting: 0.05,
  lowerCase: 0.12,
  bare: 0.15,
  brief: 0.05,
  detailed: 0.05,
  otherLanguage: 0.05,
};

/** A prompt that stands alone, or none when the draw is held out or not known in this tongue. */
export function drawPrompt(random: Random, tongue: Tongue, rates: Rates): Prompt | null {
  const topic = drawTopic(random, rates.emphasis);
  return phrase(random, { topic, row: pick(random, topic.table.rows) }, { tongue, form: 'questions', rates });
}

/** A prompt that goes on about the row of the last turn. */
export function drawFollowUp(random: Random, last: Prompt, rates: Rates): Prompt | null {
  const related = topics.filter((topic) => topic.table === last.topic.table && topic.en.followUps);
  if (!related.length) return null;
  const how = { tongue: last.style.language, form: 'followUps', rates } as const;
  return phrase(random, { topic: pick(random, related), row: last.row }, how);
}

function phrase(
  random: Random,
  { topic, row }: Pick<Prompt, 'topic' | 'row'>,
  { tongue, form, rates }: { tongue: Tongue; form: 'questions' | 'followUps'; rates: Rates },
): Prompt | null {
  const ask = (language: Language) => {
    const templates = topic[language]?.[form];
    const values = row[language];
    return templates?.length && values ? fill(pick(random, templates), values, language, random) : null;
  };
  if (tongue !== 'both') {
    const text = ask(tongue);
    if (text === null || isHeldOut(text)) return null;
    return decorate(random, { topic, row, text, style: drawStyle(random, tongue, rates) });
  }
  const [en, zh] = [ask('en'), ask('zh')];
  if (en === null || zh === null || isHeldOut(en) || isHeldOut(zh)) return null;
  const language = random() < naturalRates.chineseForBilingual ? 'zh' : 'en';
  const text = random() < 0.5 ? `${en} / ${zh}` : `${zh} / ${en}`;
  return { topic, row, text, style: drawStyle(random, language, rates) };
}

/** People are hasty or polite, and some say how they want the answer. */
function decorate(random: Random, prompt: Prompt): Prompt {
  const { style, topic, row } = prompt;
  const english = style.language === 'en';
  const glue = english ? ' ' : '';
  if (random() < decorationRates.brief) {
    const wish = english ? 'Answer briefly.' : '请简短回答。';
    return { ...prompt, text: prompt.text + glue + wish, style: { ...style, long: false, closing: false } };
  }
  if (random() < decorationRates.detailed) {
    const wish = english ? 'Answer in detail.' : '请详细回答。';
    return { ...prompt, text: prompt.text + glue + wish, style: { ...style, long: true } };
  }
  const other: Language = english ? 'zh' : 'en';
  if (random() < decorationRates.otherLanguage && topic[other] && row[other]) {
    const wish = english ? 'Answer in Chinese.' : '请用英文回答。';
    return { ...prompt, text: prompt.text + glue + wish, style: { ...style, language: other } };
  }
  if (random() < decorationRates.greeting) {
    return {
      ...prompt,
      text: (english ? pick(random, ['Hello! ', 'Hi! ', 'Hey, ']) : '你好！') + prompt.text,
    };
  }
  let text = prompt.text;
  if (random() < decorationRates.bare) text = text.replace(/[?.!？。！]$/u, '');
  if (random() < decorationRates.lowerCase) text = text.toLowerCase();
  return { ...prompt, text };
}

function drawTopic(random: Random, emphasis: Rates['emphasis'] = {}): Topic {
  const weigh = ({ name, weight }: Topic) => weight * (emphasis[name] ?? 1);
  let left = random() * topics.reduce((sum, topic) => sum + weigh(topic), 0);
  const drawn = topics.find((topic) => (left -= weigh(topic)) < 0) ?? topics[0];
  if (!drawn) throw new RangeError('there are no topics');
  return drawn;
}
