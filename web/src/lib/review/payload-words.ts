/** What an act says, in the page's words. */
import type { FeedbackPayload, ReviewedFeedback } from '$contracts';
import type { Messages } from '$lib/i18n/messages';

type Words = Messages['review'];

export function toWords({ kind, payload }: Pick<ReviewedFeedback, 'kind' | 'payload'>, words: Words): string {
  if (payload.kind === 'thumb') return `${words.kinds.thumb}: ${words.verdicts[payload.value]}`;
  if (payload.kind === 'comparison') return `${words.kinds.comparison}: ${words.verdicts[payload.outcome]}`;
  return words.kinds[kind];
}

export const tagsOf = (payload: FeedbackPayload): readonly string[] =>
  'tags' in payload ? payload.tags : [];
export const commentOf = (payload: FeedbackPayload): string => ('comment' in payload ? payload.comment : '');
