import type { ErrorKind } from './error-kind.js';

/** Judging versions and putting them live. */
export const evaluationsErrors = {
  EVALUATION_DATA_UNFIT: {
    status: 422,
    retryable: false,
    message:
      'The dataset {dataset} holds out neither pairs nor thumbs of both kinds to judge by; freeze one that does, or collect more.',
  },
  EVALUATION_DATA_LEARNT: {
    status: 422,
    retryable: false,
    message:
      'Too little of {dataset} can judge {name}: the prompts of {rows} held-out rows are in what it is trained on; choose a dataset that holds out others.',
  },
  EVALUATION_SELF: {
    status: 409,
    retryable: false,
    message: '{name} is what is live; evaluate another version of the same model.',
  },
  EVALUATION_SOURCE_GONE: {
    status: 409,
    retryable: false,
    message: 'The {what} of this evaluation is not here any more; start a new one.',
  },
  EVALUATION_ROWS_DIFFER: {
    status: 409,
    retryable: false,
    message:
      'The candidate was judged on {candidate} pairs and the live version on {live}, which cannot be compared; start a new evaluation.',
  },
  PROMOTION_GATE_CLOSED: {
    status: 409,
    retryable: false,
    message:
      '{name} is not proven better than what is live ({reason}); evaluate it, or give a reason to force it.',
  },
  PROMOTION_ALREADY_LIVE: { status: 409, retryable: false, message: '{name} is live already.' },
  PROMOTION_NOTHING_TO_UNDO: {
    status: 409,
    retryable: false,
    message: 'No earlier version of this model can be brought back.',
  },
  CANARY_LIVE: {
    status: 409,
    retryable: false,
    message: '{name} is what is live and answers everybody; try out another version.',
  },
  REWARD_MODEL_OTHER_BASE: {
    status: 422,
    retryable: false,
    message: '{name} is no reward model of this base; choose one that was trained on it.',
  },
  REWARD_MODEL_NONE: {
    status: 422,
    retryable: false,
    message: 'No reward model has been trained for {model}, so nothing can choose or score its answers.',
  },
  REWARD_MODEL_GONE: {
    status: 409,
    retryable: false,
    message: 'The reward model that was to score this is not here any more.',
  },
  REWARD_SCORER_CRASHED: {
    status: 503,
    retryable: true,
    message: 'The process that scores answers ended without a word ({how}); the memory may not suffice.',
  },
  RATING_QUEUE_SELF: {
    status: 422,
    retryable: false,
    message: 'A queue compares two versions; {name} was named twice.',
  },
  RATING_QUEUE_EMPTY: {
    status: 422,
    retryable: false,
    message: '{prompts} has no prompts to answer; choose another source.',
  },
} satisfies Record<string, ErrorKind>;
