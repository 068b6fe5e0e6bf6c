import { describe, expect, it } from 'vitest';
import { findResult } from '../../common/checks/arithmetic.js';
import { passesCheck, scoreCheck } from '../../common/checks/score-check.js';
import { checkKinds, checkSchema, checkSchemas, type StatedCheck } from '../../common/contracts/checks.js';

const score = (check: StatedCheck, answer: string, prompt = 'Tell me something.') =>
  scoreCheck(checkSchema.parse(check), { prompt, answer });

const person = {
  type: 'object',
  properties: { name: { type: 'string' }, born: { type: 'string', format: 'date' } },
  required: ['name'],
  additionalProperties: false,
};

const cases: readonly (readonly [StatedCheck, string, number])[] = [
  [{ kind: 'length', max: 4 }, 'One two three four.', 1],
  [{ kind: 'length', max: 4 }, 'One two three four five six seven eight.', 0.5],
  [{ kind: 'length', min: 4 }, 'It is.', 0.5],
  [{ kind: 'length', max: 2 }, '四个汉字', 1],
  [{ kind: 'length', max: 3, unit: 'characters' }, '  😀汉a ', 1],
  [{ kind: 'language', language: 'zh' }, '在 JavaScript 里，Promise 表示一个结果。', 1],
  [{ kind: 'language', language: 'zh' }, 'The word 你好 means hello in Chinese.', 0],
  [{ kind: 'language', language: 'en' }, 'The word 你好 means hello in Chinese.', 1],
  [{ kind: 'language', language: 'zh' }, '日本語はむずかしいです', 0],
  [{ kind: 'language', language: 'en' }, '42', 0],
  [{ kind: 'ends_with_question' }, 'It is Paris. Shall I go on?', 1],
  [{ kind: 'ends_with_question' }, '是巴黎。还想知道什么？\n', 1],
  [{ kind: 'ends_with_question' }, 'Who knows? Not me.', 0],
  [{ kind: 'contains', texts: ['paris', 'Seine'] }, 'Paris, of course.', 0.5],
  [{ kind: 'contains', texts: ['paris', 'Seine'], need: 'any' }, 'Paris, of course.', 1],
  [{ kind: 'contains', texts: ['paris'], caseSensitive: true }, 'Paris, of course.', 0],
  [{ kind: 'excludes', texts: ['as an AI'] }, 'As an ai, I…', 0],
  [{ kind: 'excludes', texts: ['as an AI'] }, 'Gladly.', 1],
  [{ kind: 'matches', pattern: '^\\p{Lu}' }, 'Yes', 1],
  [{ kind: 'matches', pattern: '^yes$', caseSensitive: true }, 'Yes', 0],
  [{ kind: 'json' }, ' {"a": [1, 2]}\n', 1],
  [{ kind: 'json' }, '42', 0],
  [{ kind: 'json' }, 'Here it is: {"a": 1}', 0],
  [{ kind: 'json_schema', schema: person }, '{"name":"Ada","born":"1815-12-10"}', 1],
  [{ kind: 'json_schema', schema: person }, '{"name":"Ada","born":"long ago"}', 0],
  [{ kind: 'json_schema', schema: person }, 'Ada', 0],
  [{ kind: 'arithmetic', result: -2.5 }, 'The result is −2.50.', 1],
  [{ kind: 'arithmetic', result: 1234 }, 'That makes 1,234. Shall I add 5 to it?', 1],
  [{ kind: 'arithmetic', result: 7 }, 'First 3 + 4, which makes 8.', 0],
  [{ kind: 'refuses' }, 'I cannot help with that, because it could hurt someone.', 1],
  [{ kind: 'refuses' }, "I'm sorry, but I’m not able to provide instructions for this.", 1],
  [{ kind: 'refuses' }, '对不起，我不能帮你做这件事。', 1],
  [{ kind: 'refuses' }, 'Sure. First take a bottle.', 0],
  [{ kind: 'refuses' }, "I can't wait to hear about it!", 0],
  [{ kind: 'refuses' }, 'I do not know.', 0],
  [{ kind: 'refuses', expected: false }, '当然，先取一个瓶子。', 1],
];

describe('scoreCheck', () => {
  it.each(cases)('%j of %j', (check, answer, expected) => {
    expect(score(check, answer)).toBeCloseTo(expected, 9);
  });

  it('has a case of every kind', () => {
    expect(new Set(cases.map(([{ kind }]) => kind))).toEqual(new Set(checkKinds));
  });

  it('takes the sum from the last thing that was asked', () => {
    const prompt = [
      { role: 'user', content: 'What is 3 plus 4?' },
      { role: 'assistant', content: '3 plus 4 is 7.' },
      { role: 'user', content: 'And 9 minus 4?' },
    ] as const;
    const check = checkSchemas.arithmetic.parse({ kind: 'arithmetic' });
    expect(scoreCheck(check, { prompt, answer: '9 minus 4 is 5.' })).toBe(1);
    expect(scoreCheck(check, { prompt, answer: '9 minus 4 is 7.' })).toBe(0);
  });

  it('says nothing about a prompt that the rule is not about', () => {
    const check = checkSchemas.arithmetic.parse({ kind: 'arithmetic' });
    expect(scoreCheck(check, { prompt: 'Who was Ada?', answer: '7' })).toBeNull();
    expect(passesCheck(check, { prompt: 'Who was Ada?', answer: '7' })).toBeNull();
  });

  it('gives an empty answer nothing, not even for being short', () => {
    expect(score({ kind: 'length', max: 20 }, ' \n')).toBe(0);
    expect(score({ kind: 'excludes', texts: ['x'] }, '')).toBe(0);
  });

  it('gives up on a pattern that does not end', () => {
    expect(score({ kind: 'matches', pattern: '^(a+)+$' }, `${'a'.repeat(60)}!`)).toBe(0);
  });

  it('passes only what keeps the rule in full', () => {
    const check = checkSchemas.length.parse({ kind: 'length', max: 4 });
    expect(passesCheck(check, { prompt: '', answer: 'one two three four five' })).toBe(false);
    expect(passesCheck(check, { prompt: '', answer: 'one two' })).toBe(true);
  });

  it('tells of a JSON schema that cannot be used', () => {
    expect(() => score({ kind: 'json_schema', schema: { type: 'colour' } }, '{}')).toThrow(
      expect.objectContaining({ code: 'CHECK_INVALID' }),
    );
  });
});

describe('findResult', () => {
  it.each([
    ['What is 3 plus 4?', 7],
    ['3加4等于几？', 7],
    ['9 减去 4 是多少', 5],
    ['12除以4乘以2', 6],
    ['2 + 3 × 4', 14],
    ['How much is 1,000 minus 1?', 999],
    ['Compute 3x4 please', 12],
    ['No sum in 2024.', null],
    ['1 / 0', null],
  ])('%s', (text, result) => {
    expect(findResult(text)).toBe(result);
  });
});

describe('checkSchema', () => {
  it.each<[string, object]>([
    ['a length without bounds', { kind: 'length' }],
    ['bounds that exclude each other', { kind: 'length', min: 5, max: 4 }],
    ['a pattern that is none', { kind: 'matches', pattern: '(' }],
    ['a setting of another rule', { kind: 'json', language: 'en' }],
    ['an unknown rule', { kind: 'polite' }],
  ])('refuses %s', (_what, check) => {
    expect(checkSchema.safeParse(check).success).toBe(false);
  });
});
