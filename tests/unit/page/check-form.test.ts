import { describe, expect, it } from 'vitest';
import { checkKinds, checkSchema, type CheckKind, type StatedCheck } from '../../../common/contracts/checks';
import { readCheck, toCheckFields, toCheckValues } from '../../../web/src/lib/checks/check-form';
import type { FormValues } from '../../../web/src/lib/forms/schema-field';
import { checks as chinese } from '../../../web/src/lib/i18n/zh/checks';
import { forms as chineseForms } from '../../../web/src/lib/i18n/zh/forms';

const stated: readonly StatedCheck[] = [
  { kind: 'length', unit: 'characters', min: 3 },
  { kind: 'language', language: 'zh' },
  { kind: 'ends_with_question' },
  { kind: 'contains', texts: ['half a brain', 'breathe'], need: 'any' },
  { kind: 'excludes', texts: ['as an AI'], caseSensitive: true },
  { kind: 'matches', pattern: '^\\p{Lu}' },
  { kind: 'json' },
  { kind: 'json_schema', schema: { type: 'object', required: ['name'] } },
  { kind: 'arithmetic', result: -2.5 },
  { kind: 'refuses', expected: false },
];

describe('the form of a check', () => {
  it.each(stated)('shows one that is there, and gives it back: $kind', (given) => {
    const check = checkSchema.parse(given);
    expect(readCheck(check.kind, toCheckValues(check))).toEqual({ check });
  });

  it('has a case of every kind', () => {
    expect(stated.map(({ kind }) => kind)).toEqual(checkKinds);
  });

  it.each(checkKinds)('has words for every field in Chinese too: %s', (kind) => {
    const missing = toCheckFields(kind).filter(
      ({ path }) => !(chinese.fields[`${kind}.${path}`] ?? chinese.fields[path]),
    );
    expect(missing).toEqual([]);
  });

  it.each<[CheckKind, FormValues, field: string, chinese: string]>([
    ['matches', { pattern: '(' }, 'pattern', '不是正则表达式。'],
    ['json_schema', { schema: '{' }, 'schema', '请填写 JSON 对象。'],
    ['contains', { texts: '' }, 'texts', '至少需要 1 项。'],
    ['contains', { texts: `short\n${'long'.repeat(300)}` }, 'texts', '最多允许 1000 个字符。'],
    ['length', {}, '', '请填写下限或上限。'],
    ['length', { min: '2', max: '1' }, '', '下限高于上限。'],
  ])('names the field that is wrong, and says in Chinese how: %s %j', (kind, values, field, words) => {
    const read = readCheck(kind, values);
    const [[path, issue] = []] = 'issues' in read ? Object.entries(read.issues) : [];
    expect(path).toBe(field);
    expect(issue && chineseForms.issue(issue)).toBe(words);
  });
});
