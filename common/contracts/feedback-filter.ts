/** Which feedback is meant: one selection for the admin's table, counts, trends, exports and the saved filters of datasets. */
import { z } from 'zod';
import { comparisonOutcomes, feedbackKindSchema } from './feedback.js';

/**
 * What the prompt is written in, as far as its characters tell: `cjk` for Chinese, Japanese and Korean, `latin` for the languages of
 * Europe that use its letters, `other` for every other script and for prompts without a letter.
 */
export const promptScripts = ['latin', 'cjk', 'other'] as const;
export const promptScriptSchema = z.enum(promptScripts);
export type PromptScript = z.infer<typeof promptScriptSchema>;

/** What a thumb or a comparison came to; picks and edits have none. */
export const feedbackVerdicts = ['up', 'down', ...comparisonOutcomes] as const;
export const feedbackVerdictSchema = z.enum(feedbackVerdicts);
export type FeedbackVerdict = z.infer<typeof feedbackVerdictSchema>;

/** `chat` for the page's conversations, `api` for completions of the OpenAI-compatible API, `queue` for pairs that raters were given. */
export const feedbackSources = ['chat', 'api', 'queue'] as const;
export const feedbackSourceSchema = z.enum(feedbackSources);
export type FeedbackSource = z.infer<typeof feedbackSourceSchema>;

const maxAlternatives = 100;

/** Any of these: a list, or its items with commas between them as a query string has them. */
const anyOf = <Item extends z.ZodType<string, string>>(item: Item) => {
  const list = z.array(item).min(1).max(maxAlternatives);
  return z.union([
    list,
    z
      .string()
      .min(1)
      .max(8000)
      .transform((text) => text.split(','))
      .pipe(list),
  ]);
};
/** Yes or no; also as the words of a query string. */
const flag = z.union([
  z.boolean(),
  z
    .enum(['true', 'false'])
    .transform((word) => word === 'true')
    .pipe(z.boolean()),
]);

/**
 * A selection of the feedback that counts now. Every field narrows it; one that is absent does not. `{}` is all of it: what a training
 * set may hold is `{ isUsable: true, isExcluded: false }` and narrower.
 */
export const feedbackFilterSchema = z.strictObject({
  kinds: anyOf(feedbackKindSchema).optional(),
  /** Picks, which nobody was asked for: false leaves them out, true takes nothing else. */
  isPassive: flag.optional(),
  /** What thumbs and comparisons came to; leaves out picks and edits. */
  verdicts: anyOf(feedbackVerdictSchema).optional(),
  /** Model versions of which at least one of the answers was. */
  versionIds: anyOf(z.uuid()).optional(),
  /** Model versions of which at least one learnt from it. */
  learnerIds: anyOf(z.uuid()).optional(),
  /** Who gave it. */
  raterIds: anyOf(z.uuid()).optional(),
  /** Reasons, of which at least one was given. */
  tags: anyOf(z.string().regex(/^[a-z0-9-]{1,40}$/)).optional(),
  /** What the last message before the answer is written in. */
  scripts: anyOf(promptScriptSchema).optional(),
  /** From this moment on. */
  from: z.iso.datetime().optional(),
  /** Before this moment. */
  to: z.iso.datetime().optional(),
  /** Do conversation and account allow training with it? As they say now, not as they said when it was given. */
  isUsable: flag.optional(),
  /** Taken out by an admin? */
  isExcluded: flag.optional(),
  source: feedbackSourceSchema.optional(),
});
export type FeedbackFilter = z.infer<typeof feedbackFilterSchema>;
