/**
 * Every way in which Attune says no: one catalogue, one class.
 *
 * The catalogue, a file an area in error-catalogue/, is what the HTTP filter, the socket filter and the job processors translate from,
 * what the README lists and what the page has messages for; a test holds the three together. Codes are `AREA_REASON` and never change
 * their meaning.
 */
import { accountsErrors } from './error-catalogue/accounts.js';
import { chatErrors } from './error-catalogue/chat.js';
import { datasetsErrors } from './error-catalogue/datasets.js';
import { evaluationsErrors } from './error-catalogue/evaluations.js';
import { feedbackErrors } from './error-catalogue/feedback.js';
import { launchingErrors } from './error-catalogue/launching.js';
import { modelsErrors } from './error-catalogue/models.js';
import { promptsErrors } from './error-catalogue/prompts.js';
import { requestsErrors } from './error-catalogue/requests.js';
import { roundsErrors } from './error-catalogue/rounds.js';
import { trainingErrors } from './error-catalogue/training.js';
import type { ErrorKind } from './error-catalogue/error-kind.js';
import type { Failure } from './failure.js';

export const errorCatalogue = {
  ...requestsErrors,
  ...accountsErrors,
  ...chatErrors,
  ...feedbackErrors,
  ...datasetsErrors,
  ...promptsErrors,
  ...modelsErrors,
  ...trainingErrors,
  ...evaluationsErrors,
  ...roundsErrors,
  ...launchingErrors,
} satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorCatalogue;
export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** What an error looks like on the wire, over HTTP and over the socket alike. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  details: ErrorDetails;
  retryable: boolean;
}

/**
 * The one error that Attune throws on purpose.
 *
 * @param code     entry of the catalogue; decides status, message and whether a retry makes sense
 * @param details  values for the message's placeholders and for the caller; never a prompt, an answer or a credential
 * @param cause    what was caught, if anything; logged, never sent
 */
export class AppError extends Error {
  override readonly name = 'AppError';

  constructor(
    readonly code: ErrorCode,
    readonly details: ErrorDetails = {},
    cause?: unknown,
  ) {
    super(renderMessage(errorCatalogue[code].message, details), { cause });
  }

  /**
   * An error that another program met and wrote down.
   *
   * @param body  what it wrote; a code that this version does not know counts as `SERVER_FAULT`
   */
  static restore({
    code,
    message,
    details,
  }: {
    code: string;
    message: string;
    details?: ErrorDetails;
  }): AppError {
    const error = new AppError(isErrorCode(code) ? code : 'SERVER_FAULT', details);
    error.message = message;
    return error;
  }

  get kind(): ErrorKind {
    return errorCatalogue[this.code];
  }

  /** As it is kept with what failed. */
  toFailure(): Failure {
    return { code: this.code, message: this.message, details: this.details };
  }

  toBody(): ErrorBody {
    return { code: this.code, message: this.message, details: this.details, retryable: this.kind.retryable };
  }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}

function renderMessage(template: string, details: ErrorDetails): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = details[name];
    return Array.isArray(value) ? value.join('; ') : String(value ?? `(${name} unknown)`);
  });
}
