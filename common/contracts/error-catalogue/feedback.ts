import type { ErrorKind } from './error-kind.js';

/** What people say of answers. */
export const feedbackErrors = {
  FEEDBACK_ANSWER_RUNNING: {
    status: 409,
    retryable: true,
    message: 'This answer is still being written; rate it when it has ended.',
  },
  FEEDBACK_NOT_RATEABLE: {
    status: 409,
    retryable: false,
    message:
      "Only an answer that a model gave here can be rated; imported ones and people's own texts cannot.",
  },
  FEEDBACK_TAG_UNKNOWN: {
    status: 400,
    retryable: false,
    message: 'The reasons {tags} are not offered for this; offered are {known}.',
  },
  FEEDBACK_CRITERION_UNKNOWN: {
    status: 400,
    retryable: false,
    message: 'The criteria {criteria} are not asked for; asked for are {known}.',
  },
  FEEDBACK_COMPARISON_OPEN: {
    status: 409,
    retryable: false,
    message:
      'This answer is part of a blind comparison; choose between the two, or skip the comparison, first.',
  },
  FEEDBACK_SIDE_FAILED: {
    status: 500,
    retryable: true,
    message:
      'This answer could not be finished; what went wrong is told when the comparison has been skipped.',
  },
} satisfies Record<string, ErrorKind>;
