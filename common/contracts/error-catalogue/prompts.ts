import type { ErrorKind } from './error-kind.js';

/** Prompt sets, and the rules that answers are held to. */
export const promptsErrors = {
  CHECK_INVALID: {
    status: 422,
    retryable: false,
    message: 'A check cannot be used: {reason}. Correct it where it is stated.',
  },
} satisfies Record<string, ErrorKind>;
