import type { FeedbackEffect, FeedbackPayload } from '../../common/contracts/feedback.js';

type Amounts = Omit<FeedbackEffect, 'isUsedForTraining'>;
const nothing: Amounts = { preferencePairs: 0, labelledAnswers: 0, demonstrations: 0 };

/**
 * What an act will be in a dataset: every one goes to the run that fits it.
 *
 * @param payload         what was said
 * @param rejectedCount   siblings that a pick passed over
 */
export function toEffect(payload: FeedbackPayload, rejectedCount: number): Amounts {
  switch (payload.kind) {
    case 'withdrawn':
      return nothing;
    case 'thumb':
      return { ...nothing, labelledAnswers: 1 };
    case 'pick':
      return { ...nothing, preferencePairs: rejectedCount };
    case 'edit':
      return { ...nothing, preferencePairs: 1, demonstrations: 1 };
    case 'comparison':
      if (payload.outcome === 'both_bad') return { ...nothing, labelledAnswers: 2 };
      return payload.outcome === 'tie' ? nothing : { ...nothing, preferencePairs: 1 };
  }
}
