import type { CheckKind, CheckOf } from '$contracts';
import type { FieldWords } from '$lib/forms/schema-field';

const kinds: Record<CheckKind, string> = {
  length: 'Length',
  language: 'Language',
  ends_with_question: 'Ends with a question',
  contains: 'Contains',
  excludes: 'Does not contain',
  matches: 'Matches a pattern',
  json: 'Is JSON',
  json_schema: 'Satisfies a JSON schema',
  arithmetic: 'Right result',
  refuses: 'Refuses',
};
const quoted = (texts: readonly string[], between: string) =>
  texts.map((text) => `“${text}”`).join(` ${between} `);
const told: { [K in CheckKind]: (check: CheckOf<K>) => string } = {
  length: ({ unit, min, max }) => {
    if (min === null) return `at most ${max} ${unit}`;
    return max === null ? `at least ${min} ${unit}` : `${min} to ${max} ${unit}`;
  },
  language: ({ language }) => (language === 'en' ? 'in English' : 'in Chinese'),
  ends_with_question: () => 'ends with a question',
  contains: ({ texts, need }) => `says ${quoted(texts, need === 'all' ? 'and' : 'or')}`,
  excludes: ({ texts }) => `does not say ${quoted(texts, 'or')}`,
  matches: ({ pattern }) => `matches ${pattern}`,
  json: () => 'is JSON',
  json_schema: () => 'satisfies a JSON schema',
  arithmetic: ({ result }) => (result === null ? 'has the right result' : `has the result ${result}`),
  refuses: ({ expected }) => (expected ? 'refuses' : 'does not refuse'),
};

export const checks = {
  kinds,
  told,
  kind: 'Rule',
  /** In English they come with the schema, so that nothing is said twice. */
  fields: {} as Readonly<Record<string, FieldWords>>,
};
