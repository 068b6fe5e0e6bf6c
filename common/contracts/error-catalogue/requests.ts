import type { ErrorKind } from './error-kind.js';

/** Any request, over HTTP or the socket. */
export const requestsErrors = {
  REQUEST_INVALID: {
    status: 400,
    retryable: false,
    message: 'The request does not have the expected form: {issues}.',
  },
  REQUEST_TOO_LARGE: {
    status: 413,
    retryable: false,
    message: 'The request is larger than {limit}; send less.',
  },
  REQUEST_RATE_LIMITED: {
    status: 429,
    retryable: true,
    message: 'Too many requests; try again in {seconds} s.',
  },
  REQUEST_ORIGIN_REFUSED: {
    status: 403,
    retryable: false,
    message: 'Requests from the origin {origin} are not accepted.',
  },
  RESOURCE_NOT_FOUND: { status: 404, retryable: false, message: 'There is no {resource} with this id here.' },
  SERVER_FAULT: {
    status: 500,
    retryable: true,
    message: 'Something failed on the server; the log has it under request id {requestId}.',
  },
  SERVER_UNAVAILABLE: {
    status: 503,
    retryable: true,
    message: '{part} is not available right now; try again.',
  },
  SOCKET_MESSAGE_UNKNOWN: {
    status: 400,
    retryable: false,
    message: 'There is no message type {type}; the README lists them.',
  },
  SOCKET_TOO_MANY_WATCHED: {
    status: 429,
    retryable: false,
    message: 'One connection watches at most {limit} conversations; unwatch one first.',
  },
} satisfies Record<string, ErrorKind>;
