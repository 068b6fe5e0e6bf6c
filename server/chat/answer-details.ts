import type { AnswerDetails } from '../../common/contracts/conversations.js';
import { AppError } from '../../common/contracts/errors.js';

/** What is known of an answer that has not begun. */
export const noDetails: AnswerDetails = {
  stopReason: null,
  context: null,
  usage: null,
  timings: null,
  provenance: null,
  error: null,
};

/** What may be told of one side of a comparison without names: nothing but that it failed, as even why may name a model. */
export function toBlindDetails({ error }: AnswerDetails): AnswerDetails {
  if (!error) return noDetails;
  return { ...noDetails, error: new AppError('FEEDBACK_SIDE_FAILED').toFailure() };
}
