import type { ErrorKind } from './error-kind.js';

/** Prompt sets, and the rules that answers are held to. */
export const promptsErrors = {
  CHECK_INVALID: {
    status: 422,
    retryable: false,
    message: 'A check cannot be used: {reason}. Correct it where it is stated.',
  },
  PROMPT_FILE_INVALID: {
    status: 422,
    retryable: false,
    message: 'Nothing was imported: {count} lines of {fileName} cannot be used: {problems}.',
  },
  PROMPT_FILE_EMPTY: {
    status: 422,
    retryable: false,
    message: 'Nothing was imported: {fileName} has no line with a prompt.',
  },
} satisfies Record<string, ErrorKind>;
