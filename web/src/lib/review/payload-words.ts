/** What an act says, in the page's words. */
import type { FeedbackPayload, ReviewedFeedback } from '$contracts';
import type { Messages } from '$lib/i18n/messages';

export function toWords(
  { kind, payload }: Pick<ReviewedFeedback, 'kind' | 'payload'>,
  { review, common }: Messages,
): string {
  if (payload.kind === 'thumb') return review.kinds.thumb + common.colon + review.verdicts[payload.value];
  if (payload.kind === 'comparison')
    return review.kinds.comparison + common.colon + review.verdicts[payload.outcome];
  return review.kinds[kind];
}

export const tagsOf = (payload: FeedbackPayload): readonly string[] =>
  'tags' in payload ? payload.tags : [];
export const commentOf = (payload: FeedbackPayload): string => ('comment' in payload ? payload.comment : '');
