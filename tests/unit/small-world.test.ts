import { describe, expect, it } from 'vitest';
import { isRight } from '../../models/check/check.js';
import { countWords } from '../../common/checks/length.js';
import { composeAnswer, naturalRates } from '../../models/generator/answer.js';
import { generateConversation, generateDocument, type Message } from '../../models/generator/conversation.js';
import { isHeldOut, listHeldOutPrompts } from '../../models/generator/held-out.js';
import { createRandom } from '../../models/random.js';
import { parseTable, type Language } from '../../models/world/table.js';
import { topics } from '../../models/world/topics.js';

const draw = (seed: string, count: number): Message[][] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => generateConversation(random));
};
const conversations = draw('statistics', 4000);
const saidBy = (role: Message['role']) =>
  conversations.flatMap((messages) => messages.filter((message) => message.role === role));
const shareOf = (messages: readonly Message[], has: (text: string) => boolean) =>
  messages.filter(({ content }) => has(content)).length / messages.length;
const answers = saidBy('assistant');
const hasHan = (text: string) => /\p{Script=Han}/u.test(text);

describe('generated conversations', () => {
  it('are the same for the same seed and others for another', () => {
    expect(draw('a', 50)).toEqual(draw('a', 50));
    expect(draw('a', 50)).not.toEqual(draw('b', 50));
  });

  it('take turns, the user first and the assistant last', () => {
    for (const messages of conversations) {
      const turns = messages.filter(({ role }) => role !== 'system').map(({ role }) => role);
      expect(turns.length % 2).toBe(0);
      expect(turns.every((role, index) => role === (index % 2 ? 'assistant' : 'user'))).toBe(true);
    }
  });

  it('never hold a held-out question, hastily written or not', () => {
    const hasty = (text: string) => text.toLowerCase().replace(/[?.!？。！]+$/u, '');
    const heldOut = new Set(listHeldOutPrompts().map(({ prompt }) => hasty(prompt)));
    for (const { content } of saidBy('user')) expect(heldOut.has(hasty(content)), content).toBe(false);
  });

  it('list things in the order of their table, each once', () => {
    const members = 'apples, bananas, cherries, grapes, lemons, oranges, pears, plums'.split(', ');
    const lists = answers.flatMap(({ content }) => {
      const list = /^Here are \w+ fruits: ([^.]+)\./.exec(content)?.[1];
      return list ? [list.split(/, | and /).map((member) => members.indexOf(member))] : [];
    });
    expect(lists.length).toBeGreaterThan(10);
    for (const list of lists) expect(list).toEqual([...new Set(list)].sort((a, b) => a - b));
  });

  it('end about a quarter of the answers with a question', () => {
    const share = shareOf(answers, (text) => /[?？]$/u.test(text));
    expect(Math.abs(share - naturalRates.closing)).toBeLessThan(0.05);
  });

  it('keep about a third of the answers under twenty words', () => {
    const share = shareOf(answers, (text) => countWords(text) < 20);
    expect(share).toBeGreaterThan(0.27);
    expect(share).toBeLessThan(0.4);
  });

  it('answer in Chinese often enough to learn it, and prompts in both languages in either', () => {
    expect(shareOf(answers, hasHan)).toBeGreaterThan(0.18);
    const toBoth = conversations
      .map((messages) => messages.filter(({ role }) => role !== 'system'))
      .flatMap(([user, assistant]) => (user && assistant && / \/ /.test(user.content) ? [assistant] : []));
    const share = shareOf(toBoth, hasHan);
    expect(Math.abs(share - naturalRates.chineseForBilingual)).toBeLessThan(0.1);
  });

  it('and documents leave no placeholder unfilled', () => {
    const random = createRandom('documents');
    const texts = [...answers, ...saidBy('user')].map(({ content }) => content);
    for (let count = 0; count < 500; count += 1) texts.push(generateDocument(random));
    expect(texts.filter((text) => /[{}]|undefined/.test(text))).toEqual([]);
  });
});

describe('the check', () => {
  const get = (name: string, row: string) => {
    const topic = topics.find((candidate) => candidate.name === name);
    const found = topic?.table.rows.find(({ id }) => id.startsWith(row));
    if (!topic || !found) throw new RangeError(`no ${name} ${row}`);
    return { topic, row: found };
  };
  const judge = (answer: string, name: string, rowId: string, language: Language = 'en') => {
    const { topic, row } = get(name, rowId);
    return isRight(answer, topic, row, language);
  };

  it('passes every answer that the grammar composes, in every language and style', () => {
    const random = createRandom('answers');
    for (const topic of topics) {
      for (const row of topic.table.rows) {
        for (const language of ['en', 'zh'] as const) {
          if (!topic[language] || !row[language]) continue;
          const answer = composeAnswer(random, topic, row, { language, long: random() < 0.5, closing: true });
          expect(isRight(answer, topic, row, language), `${topic.name}: ${answer}`).toBe(true);
        }
      }
    }
  });

  it.each([
    ['The capital of France is Madrid. Paris is nice.', 'capital', 'France/'],
    ['法国的首都是巴黎。', 'capital', 'France/'],
    ['', 'capital', 'France/'],
    ['5 + 6 = 12.', 'addition', '5/6'],
    [
      'Here are three fruits: apples, pears and hammers.',
      'list',
      'fruits/apples, bananas, cherries, grapes, lemons, oranges, pears, plums/three',
    ],
    [
      'Here are three fruits: apples and pears.',
      'list',
      'fruits/apples, bananas, cherries, grapes, lemons, oranges, pears, plums/three',
    ],
    ['Take some sugar.', 'harm', 'make poison'],
    ['The opposite of high is slow.', 'opposite', 'high/'],
  ])('fails %j for %s of %s', (answer, name, row) => {
    expect(judge(answer, name, row)).toBe(false);
  });

  it('wants the language of the question', () => {
    expect(judge('法国的首都是巴黎。', 'capital', 'France/', 'zh')).toBe(true);
    expect(judge('5 + 6 = 11.', 'addition', '5/6', 'zh')).toBe(true);
  });
});

describe('the examination', () => {
  it('holds out about one question in twelve and asks them in both languages', () => {
    const questions = Array.from({ length: 12_000 }, (_, index) => `question ${index}`);
    expect(questions.filter(isHeldOut).length / 1000).toBeCloseTo(1, 0);
    const languages = listHeldOutPrompts().map(({ language }) => language);
    expect(languages.filter((language) => language === 'zh').length).toBeGreaterThan(100);
    expect(languages.length).toBeGreaterThan(300);
  });
});

describe('a table', () => {
  it('refuses a line with a missing cell and a thing named twice', () => {
    expect(() => parseTable('t', 'a b', 'x | y\nz')).toThrow(/expected 2 cells/);
    expect(() => parseTable('t', 'a', 'x\nx')).toThrow(/twice/);
  });
});
