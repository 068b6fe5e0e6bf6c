/** Conversations and plain documents about the small world; the same seed gives the same text on every machine. */
import { pick, type Random, shuffle } from '../random.js';
import type { Language } from '../world/table.js';
import { topics } from '../world/topics.js';
import type { Topic } from '../world/topic.js';
import { composeAnswer, getPhrasing, naturalRates, type Rates } from './answer.js';
import { fill } from './fill.js';
import { drawFollowUp, drawPrompt, type Prompt, type Tongue } from './prompt.js';

export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** Share of conversations with 1, 2, 3 and 4 exchanges. */
const lengthShares = [0.55, 0.25, 0.13, 0.07];
/** Topics that a book would have; refusals and small talk belong to conversations. */
const facts: readonly Topic[] = topics.filter(({ check, weight }) => check.kind !== 'matches' && weight > 2);
const followUpRate = 0.45;
const systemRate = 0.12;

const systemPrompts = {
  en: [
    'You are Attune, a small and friendly assistant.',
    'You are a helpful assistant.',
    'You are a helpful assistant. Answer truthfully.',
  ],
  zh: ['你是Attune，一个友好的小助手。', '你是一个乐于助人的助手。'],
};

/** @param rates  the natural ones unless a phase of training wants to dwell on something */
export function generateConversation(random: Random, rates: Rates = naturalRates): Message[] {
  const tongue = drawTongue(random, rates);
  const messages: Message[] = [];
  if (random() < systemRate) {
    messages.push({ role: 'system', content: pick(random, systemPrompts[tongue === 'zh' ? 'zh' : 'en']) });
  }
  let last: Prompt | undefined;
  for (let left = drawLength(random); left > 0; left -= 1) {
    last = nextPrompt(random, tongue, { last, rates });
    messages.push({ role: 'user', content: last.text });
    messages.push({ role: 'assistant', content: composeAnswer(random, last.topic, last.row, last.style) });
  }
  return messages;
}

/** A paragraph about one thing of the world, as a book for children might have it. */
export function generateDocument(random: Random): string {
  for (;;) {
    const language: Language = random() < naturalRates.chinese ? 'zh' : 'en';
    const topic = pick(random, facts);
    const row = pick(random, topic.table.rows);
    const values = row[language];
    if (!values || !topic[language]) continue;
    const sentences = topics
      .filter((other) => other.table === topic.table && other[language])
      .map((other) => fill(pick(random, getPhrasing(other, language).cores), values, language, random));
    const more = topic[language].details.map((detail) => fill(detail, values, language, random));
    const said = new Set([...shuffle(random, sentences), ...shuffle(random, more)].slice(0, 5));
    return [...said].join(language === 'en' ? ' ' : '');
  }
}

function nextPrompt(
  random: Random,
  tongue: Tongue,
  { last, rates }: { last: Prompt | undefined; rates: Rates },
): Prompt {
  const followUp = last && random() < followUpRate ? drawFollowUp(random, last, rates) : null;
  for (let prompt = followUp; ; prompt = drawPrompt(random, tongue, rates)) {
    if (prompt) return prompt;
  }
}

function drawTongue(random: Random, { chinese }: Rates): Tongue {
  if (random() < chinese) return 'zh';
  return random() < naturalRates.bilingual ? 'both' : 'en';
}

function drawLength(random: Random): number {
  let left = random();
  const index = lengthShares.findIndex((share) => (left -= share) < 0);
  return index < 0 ? 1 : index + 1;
}
