import { describe, expect, it } from 'vitest';
import { checkKinds, checkSchema, type StatedCheck } from '../../../common/contracts/checks';
import { readCheck, toCheckFields, toCheckValues } from '../../../web/src/lib/checks/check-form';
import { checks as chinese } from '../../../web/src/lib/i18n/zh/checks';

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

  it('names the field that is wrong', () => {
    expect(readCheck('matches', { pattern: '(' })).toEqual({
      issues: { pattern: 'not a regular expression' },
    });
    expect(readCheck('json_schema', { schema: '{' })).toHaveProperty('issues.schema');
    expect(readCheck('length', {})).toEqual({ issues: { '': expect.stringContaining('bound') } });
  });
});
