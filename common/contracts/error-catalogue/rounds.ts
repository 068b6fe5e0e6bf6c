import type { ErrorKind } from './error-kind.js';

/** The circle, gone around by itself. */
export const roundsErrors = {
  ROUND_OPEN: {
    status: 409,
    retryable: false,
    message: 'Round {number} of {model} is not over; let it end, or cancel it.',
  },
  ROUND_STATE_UNFIT: {
    status: 409,
    retryable: false,
    message: 'The round is {state}; {action} is not possible now.',
  },
  ROUND_NO_KIND: {
    status: 422,
    retryable: false,
    message:
      'No kind of run can learn from {dataset}; collect more feedback, or choose the runs in the plan.',
  },
  ROUND_NO_VERSION: {
    status: 422,
    retryable: false,
    message:
      'None of the runs of this round made a version that can answer; end the plan with one that does.',
  },
  ROUND_REWARD_MISSING: {
    status: 422,
    retryable: false,
    message:
      "Run {place} of the plan learns from the round's own reward model, and no run before it makes one; put a reward run before it, or choose another reward.",
  },
  ROUND_STAGE_FULL: {
    status: 422,
    retryable: false,
    message:
      'Run {place} of the plan trains every weight, which makes another model than the one that the round is to better; let it train an adapter (lora), or start that run by itself.',
  },
  ROUND_RUN_CANCELLED: {
    status: 409,
    retryable: false,
    message: 'The run {run} was cancelled; retry the round to let it go on, or cancel the round too.',
  },
} satisfies Record<string, ErrorKind>;
