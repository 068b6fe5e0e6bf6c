import type { ErrorKind } from './error-kind.js';

/** Signing in, accounts, keys and invites. */
export const accountsErrors = {
  ACCOUNT_SIGN_IN_NEEDED: {
    status: 401,
    retryable: false,
    message: 'This needs a signed-in account; sign in and try again.',
  },
  ACCOUNT_CREDENTIALS_WRONG: {
    status: 401,
    retryable: false,
    message: 'E-mail address and password do not belong together; check both.',
  },
  ACCOUNT_KEY_INVALID: {
    status: 401,
    retryable: false,
    message: 'The API key is missing, wrong or revoked; send a valid one as Authorization: Bearer KEY.',
  },
  ACCOUNT_FORBIDDEN: {
    status: 403,
    retryable: false,
    message: 'This account may not do that; it takes the role {role}.',
  },
  ACCOUNT_SETUP_DONE: {
    status: 409,
    retryable: false,
    message: 'The first account has been made already; sign in, or ask an admin for an invitation.',
  },
  ACCOUNT_SETUP_CODE_WRONG: {
    status: 403,
    retryable: false,
    message: 'This is not the code that npm start printed; copy it from there.',
  },
  ACCOUNT_EMAIL_TAKEN: {
    status: 409,
    retryable: false,
    message: 'There is an account with this e-mail address already; sign in instead.',
  },
  ACCOUNT_INVITE_INVALID: {
    status: 410,
    retryable: false,
    message: 'This invitation has been used, withdrawn or is too old; ask for another.',
  },
  ACCOUNT_LAST_ADMIN: {
    status: 409,
    retryable: false,
    message: 'This is the last admin; make another one first.',
  },
} satisfies Record<string, ErrorKind>;
