/** Tells whether an answer is right. Strict about what is said first, silent about wording after it. */
import { toAmount, toMembers } from '../generator/fill.js';
import type { Language, Row, Values } from '../world/table.js';
import type { Topic } from '../world/topic.js';

/**
 * @param language  which the answer is expected in
 * @returns true when the first sentence of the answer passes the topic's rule
 */
export function isRight(answer: string, topic: Topic, row: Row, language: Language): boolean {
  const first = firstSentence(answer);
  const values = row[language];
  if (!first || !values || !isIn(first, language)) return false;
  const { check } = topic;
  switch (check.kind) {
    case 'says':
      return says(first, values[check.column], language);
    case 'saysAny':
      return topic.table.rows.some((other) => says(answer, other[language]?.[check.column], language));
    case 'number':
      return first.match(/\d+/g)?.at(-1) === values[check.column];
    case 'list':
      return isList(first, values);
    case 'matches':
      return check[language].test(first);
  }
}

export function firstSentence(text: string): string {
  return /^.*?[.!?。！？]/su.exec(text.trim())?.[0] ?? '';
}

function isIn(text: string, language: Language): boolean {
  // Sums are written alike in both languages.
  return /\p{Script=Han}/u.test(text) === (language === 'zh') || !/\p{L}/u.test(text);
}

function says(text: string, value: string | undefined, language: Language): boolean {
  if (!value) return false;
  if (language === 'zh') return text.includes(value);
  const plain = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${plain}(?![\\p{L}\\p{N}])`, 'iu').test(text);
}

/** As many different members as asked for, after the colon if there is one, and nothing else. */
function isList(sentence: string, values: Values): boolean {
  const [, afterColon] = sentence.split(/[:：]/);
  const items = (afterColon ?? sentence)
    .replace(/[.。]$/u, '')
    .split(/, | and |、/)
    .map((item) => item.trim().toLowerCase());
  const members = new Set(toMembers(values).map((member) => member.toLowerCase()));
  return (
    items.length === toAmount(values) &&
    new Set(items).size === items.length &&
    items.every((item) => members.has(item))
  );
}
