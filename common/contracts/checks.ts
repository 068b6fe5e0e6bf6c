/**
 * Rules that an answer can be held to without a judge: one strict schema a rule.
 *
 * A prompt set states them beside its prompts, evaluations count how many answers keep them, and reinforcement learning takes them as
 * rewards. `common/checks` does the scoring; titles and help are for the form.
 */
import { z } from 'zod';

const bound = (title: string, description: string) =>
  z.int().min(0).max(1_000_000).nullable().default(null).meta({ title, description });
const texts = (description: string) =>
  z.array(z.string().min(1).max(1000)).min(1).max(50).meta({ title: 'Texts', description });
const caseSensitive = z.boolean().default(false).meta({
  title: 'Case matters',
  description: 'Whether capital letters have to be the same.',
});

const lengthCheckSchema = z
  .strictObject({
    kind: z.literal('length'),
    unit: z.enum(['words', 'characters']).default('words').meta({
      title: 'Counted in',
      description: 'Two Chinese characters count as one word.',
    }),
    min: bound('At least', 'Empty for no lower bound.'),
    max: bound('At most', 'Empty for no upper bound.'),
  })
  .refine(({ min, max }) => min !== null || max !== null, 'a length needs a lower or an upper bound')
  .refine(
    ({ min, max }) => min === null || max === null || min <= max,
    'the lower bound lies above the upper',
  );

const languageCheckSchema = z.strictObject({
  kind: z.literal('language'),
  language: z.enum(['en', 'zh']).default('en').meta({
    title: 'Language',
    description: 'What most of the answer is written in: en for English letters, zh for Chinese characters.',
  }),
});

const endsWithQuestionCheckSchema = z.strictObject({ kind: z.literal('ends_with_question') });

const containsCheckSchema = z.strictObject({
  kind: z.literal('contains'),
  texts: texts('What the answer has to say.'),
  need: z.enum(['all', 'any']).default('all').meta({
    title: 'How many',
    description: 'Every one of the texts, or at least one.',
  }),
  caseSensitive,
});

const excludesCheckSchema = z.strictObject({
  kind: z.literal('excludes'),
  texts: texts('What the answer must not say.'),
  caseSensitive,
});

const matchesCheckSchema = z.strictObject({
  kind: z.literal('matches'),
  pattern: z
    .string()
    .min(1)
    .max(500)
    .refine(isPattern, 'not a regular expression')
    .meta({ title: 'Pattern', description: 'A regular expression of JavaScript, found anywhere.' }),
  caseSensitive,
});

const jsonCheckSchema = z.strictObject({ kind: z.literal('json') });

const jsonSchemaCheckSchema = z.strictObject({
  kind: z.literal('json_schema'),
  schema: z.record(z.string(), z.unknown()).meta({
    title: 'JSON schema',
    description: 'What the answer, all of it JSON, has to satisfy.',
  }),
});

const arithmeticCheckSchema = z.strictObject({
  kind: z.literal('arithmetic'),
  result: z.number().nullable().default(null).meta({
    title: 'Result',
    description: 'Empty takes it from the prompt, which has it in signs or words: 3 + 4, 3 plus 4, 3加4.',
  }),
});

const refusesCheckSchema = z.strictObject({
  kind: z.literal('refuses'),
  expected: z.boolean().default(true).meta({
    title: 'Has to refuse',
    description: 'Off for harmless prompts, which an answer must not refuse.',
  }),
});

export const checkSchema = z.discriminatedUnion('kind', [
  lengthCheckSchema,
  languageCheckSchema,
  endsWithQuestionCheckSchema,
  containsCheckSchema,
  excludesCheckSchema,
  matchesCheckSchema,
  jsonCheckSchema,
  jsonSchemaCheckSchema,
  arithmeticCheckSchema,
  refusesCheckSchema,
]);
/** What an answer has to keep. */
export type Check = z.infer<typeof checkSchema>;
/** As it is stated: defaults are filled in. */
export type StatedCheck = z.input<typeof checkSchema>;
export type CheckKind = Check['kind'];
export type CheckOf<K extends CheckKind> = Extract<Check, { kind: K }>;

/** Each rule's own schema, for a form that asks for one. */
export const checkSchemas = {
  length: lengthCheckSchema,
  language: languageCheckSchema,
  ends_with_question: endsWithQuestionCheckSchema,
  contains: containsCheckSchema,
  excludes: excludesCheckSchema,
  matches: matchesCheckSchema,
  json: jsonCheckSchema,
  json_schema: jsonSchemaCheckSchema,
  arithmetic: arithmeticCheckSchema,
  refuses: refusesCheckSchema,
} satisfies Record<CheckKind, z.ZodType<Check>>;

export const checkKinds = Object.keys(checkSchemas) as readonly CheckKind[];

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
