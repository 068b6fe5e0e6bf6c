import type { ErrorKind } from './error-kind.js';

/** Conversations and the answers in them. */
export const chatErrors = {
  GENERATION_STREAM_INVALID: {
    status: 500,
    retryable: true,
    message: 'Entry {entryId} of the answer was written by another version of Attune; load the answer again.',
  },
  GENERATION_GIVEN_UP: {
    status: 500,
    retryable: true,
    message:
      'The answer was begun {restarts} times and its worker ended each time; try again or ask differently.',
  },
  CHAT_PARENT_INVALID: {
    status: 409,
    retryable: false,
    message: 'A {role} message cannot follow this message; choose {expected}.',
  },
  CHAT_ANSWER_RUNNING: {
    status: 409,
    retryable: true,
    message: 'The answer is still being written; wait for its end or stop it first.',
  },
  CHAT_NOT_CONTINUABLE: {
    status: 409,
    retryable: false,
    message: 'This answer is complete; only one that was stopped or cut can be continued.',
  },
  CHAT_NOT_AN_ANSWER: {
    status: 409,
    retryable: false,
    message: 'Only an answer can be edited in place; edit and resend a message of yours instead.',
  },
  IMPORT_INVALID: {
    status: 422,
    retryable: false,
    message: 'Nothing was imported: {where} is not as expected ({reason}).',
  },
  GENERATION_CONTEXT_EXCEEDED: {
    status: 422,
    retryable: false,
    message:
      'The last message has {promptTokens} tokens with its system prompt, and the context holds {contextTokens}; shorten it.',
  },
  GENERATION_FORMAT_UNSUPPORTED: {
    status: 422,
    retryable: false,
    message: 'Answers cannot be held to this response format: {reason}.',
  },
  GENERATION_MODEL_MISSING: {
    status: 404,
    retryable: false,
    message: 'The model version {modelVersionId} is not on this installation any more; choose another.',
  },
} satisfies Record<string, ErrorKind>;
