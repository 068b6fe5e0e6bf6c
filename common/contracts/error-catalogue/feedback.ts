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
} satisfies Record<string, ErrorKind>;
