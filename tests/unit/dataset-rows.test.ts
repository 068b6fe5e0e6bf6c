import { describe, expect, it } from 'vitest';
import type { FeedbackPayload } from '../../common/contracts/feedback.js';
import { Contradictions } from '../../server/datasets/rows/contradictions.js';
import { hash, hashPrompt } from '../../server/datasets/rows/data-row.js';
import { toRows, type JudgedAnswer } from '../../server/datasets/rows/feedback-rows.js';
import { NearDuplicates } from '../../server/datasets/rows/near-duplicates.js';
import { RowStatistics } from '../../server/datasets/rows/row-statistics.js';
import { readLines, toJsonLine } from '../../common/data/json-lines.js';
import { assistant, contentOf, system, user } from '../support/data-rows.js';

const answer = (
  role: JudgedAnswer['role'],
  text: string,
  more: Partial<JudgedAnswer> = {},
): JudgedAnswer => ({
  role,
  text,
  prompt: [user('Q')],
  isWhole: true,
  modelName: 'small',
  ...more,
});
const comparison = (outcome: 'left' | 'both_bad' | 'tie'): FeedbackPayload => ({
  kind: 'comparison',
  outcome,
  tags: [],
  criteria: {},
  comment: '',
});
const pick: FeedbackPayload = { kind: 'pick', chosenId: 'a3bb189e-8bf9-4888-9912-ace4e6543002' };
const withPicks = { includePicks: true };

describe('an act', () => {
  it.each([
    ['a tie', comparison('tie'), [answer('left', 'a'), answer('right', 'b')], 'tie'],
    [
      'two answers that say the same',
      comparison('left'),
      [answer('left', 'a'), answer('right', 'a')],
      'answers_equal',
    ],
    ['an answer that is gone', comparison('left'), [answer('left', 'a')], 'message_gone'],
    ['an empty answer', comparison('left'), [answer('left', 'a'), answer('right', ' ')], 'answer_empty'],
    [
      'an answer that is being written',
      comparison('both_bad'),
      [answer('left', 'a'), answer('right', 'b', { isWhole: false })],
      'answer_unfinished',
    ],
    [
      'an edit of which the original is gone',
      { kind: 'edit' as const },
      [answer('edited', 'a')],
      'message_gone',
    ],
    ['a pick of nothing else', pick, [answer('chosen', 'a')], 'message_gone'],
    ['a pick among equals', pick, [answer('chosen', 'a'), answer('rejected', 'a')], 'answers_equal'],
  ])('teaches nothing, and says why: %s', (_, payload, answers, skipped) => {
    expect(toRows({ payload, answers }, withPicks)).toEqual({ skipped });
  });

  it('teaches what is left of a pick', () => {
    const answers = [answer('chosen', 'a'), answer('rejected', ''), answer('rejected', 'b')];
    expect(toRows({ payload: pick, answers }, withPicks)).toMatchObject({
      rows: [{ chosen: [assistant('a')], rejected: [assistant('b')] }],
    });
    expect(toRows({ payload: pick, answers }, { includePicks: false })).toEqual({ skipped: 'pick' });
  });

  it('of taking back teaches nothing', () => {
    expect(toRows({ payload: { kind: 'withdrawn' }, answers: [] }, withPicks)).toEqual({ rows: [] });
  });
});

describe('a prompt', () => {
  const key = (...prompt: ReturnType<typeof user>[]) =>
    hashPrompt(contentOf({ prompt, completion: [assistant('x')], label: true }));

  it('is the same for later turns of a conversation, other system prompts, capitals and spaces', () => {
    const first = key(user('Do whales sleep?'));
    expect(key(user('do  WHALES sleep? '))).toBe(first);
    expect(key(system('Be brief.'), user('Do whales sleep?'))).toBe(first);
    expect(key(user('Do whales sleep?'), assistant('Yes.'), user('How?'))).toBe(first);
    expect(key(user('Do fish sleep?'))).not.toBe(first);
  });

  it('is the same as plain text, and keeps the hash that frozen rows have', () => {
    const plain = hashPrompt(contentOf({ prompt: 'Do whales sleep?', completion: 'x', label: true }));
    expect(plain).toBe(key(user('Do whales sleep?')));
    expect(plain).toBe(hash('user: do whales sleep?'));
    expect(hashPrompt(contentOf({ text: 'A  document.' }))).toBe(hash('a document.'));
  });
});

describe('near duplicates', () => {
  const words = (count: number, seed = 0) =>
    Array.from({ length: count }, (_, index) => `word${(index * 7919 + seed) % 1009}`);

  it.each([
    ['capitals and punctuation', 'The whale, it sings at night.', 'the whale it sings at NIGHT'],
    ['one word of many', words(100).join(' '), words(100).with(50, 'other').join(' ')],
    ['Chinese but for a mark', '鲸鱼在夜里唱歌，声音传得很远', '鲸鱼在夜里唱歌。声音传得很远'],
    ['texts of no words', '!', '?'],
  ])('differ in %s', (_, first, second) => {
    const seen = new NearDuplicates();
    expect([seen.see(first), seen.see(second)]).toEqual([false, true]);
  });

  it('are not texts that share half of their words', () => {
    const seen = new NearDuplicates();
    const half = words(50);
    expect(seen.see([...half, ...words(50, 3)].join(' '))).toBe(false);
    expect(seen.see([...half, ...words(50, 11)].join(' '))).toBe(false);
  });
});

describe('figures of rows', () => {
  const pair = (chosen: string, rejected: string) =>
    contentOf({ prompt: [user('你好')], chosen: [assistant(chosen)], rejected: [assistant(rejected)] });

  it('count lengths by what the text is, scripts, and rows by rater', () => {
    const statistics = new RowStatistics();
    for (const length of [1, 2, 3, 4])
      statistics.see(pair('c'.repeat(length), 'rr'), length > 1 ? 'ann' : 'ben');
    statistics.see(contentOf({ text: 'Some text.' }), null);
    expect(statistics.toReport()).toEqual({
      lengths: {
        prompt: { min: 2, median: 2, mean: 2, p95: 2, max: 2 },
        chosen: { min: 1, median: 3, mean: 2.5, p95: 4, max: 4 },
        rejected: { min: 2, median: 2, mean: 2, p95: 2, max: 2 },
        text: { min: 10, median: 10, mean: 10, p95: 10, max: 10 },
      },
      scripts: { latin: 1, cjk: 4, other: 0 },
      raters: [
        { userId: 'ann', count: 3 },
        { userId: 'ben', count: 1 },
      ],
      raterCount: 2,
    });
  });

  it('count rows that another contradicts', () => {
    const contradictions = new Contradictions();
    for (const content of [pair('a', 'b'), pair('a', 'b'), pair('b', 'a'), pair('a', 'c')])
      contradictions.see(content);
    for (const label of [true, false]) contradictions.see(contentOf({ prompt: 'p', completion: 'x', label }));
    contradictions.see(contentOf({ prompt: 'p', completion: 'y', label: true }));
    expect(contradictions.count).toBe(5);
  });
});

describe('lines of JSONL', () => {
  async function read(bytes: Buffer, size: number) {
    async function* chunks() {
      for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
    }
    const found = [];
    for await (const line of readLines(chunks())) found.push(line);
    return found;
  }

  it.each([1, 3, 1000])('end at line feeds alone, however they come in pieces of %i bytes', async (size) => {
    const bytes = Buffer.concat([
      Buffer.from('\uFEFF{"a":"\u2028"}\r\n\n  \n"ü"\n'),
      Buffer.from([0xff, 0x0a]),
      Buffer.from('"last"'),
    ]);
    expect(await read(bytes, size)).toEqual([
      { line: 1, text: '{"a":"\u2028"}\r' },
      { line: 4, text: '"ü"' },
      { line: 5, problem: 'not UTF-8' },
      { line: 6, text: '"last"' },
    ]);
  });

  it('are written so that readers which end lines elsewhere read them too', () => {
    expect(toJsonLine({ a: '\u2028\u2029\n' })).toBe('{"a":"\\u2028\\u2029\\n"}\n');
  });
});
