/**
 * Every way in which Attune says no: one catalogue, one class.
 *
 * The catalogue is what the HTTP filter, the socket filter and the job processors translate from, what the README lists and what
 * the page has messages for; a test holds the three together. Codes are `AREA_REASON` and never change their meaning.
 */

export interface ErrorKind {
  /** HTTP status that the filter answers with. */
  status: number;
  /** True when the same request may succeed later without being changed. */
  retryable: boolean;
  /** What came, what was expected, what to do; `{name}` is filled from the details. */
  message: string;
}

export const errorCatalogue = {
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
  MODEL_NONE_READY: {
    status: 503,
    retryable: true,
    message: 'No model is installed yet; an administrator can get one on the models page.',
  },
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
  CONFIG_INVALID: { status: 500, retryable: false, message: 'The settings are not usable: {issues}.' },
  ENGINE_LIBRARIES_MISSING: {
    status: 503,
    retryable: false,
    message:
      "llama.cpp's libraries were not found ({wanted}, {platform}); run npm install, or set ATTUNE_LLAMA_DIR or ATTUNE_GPU.",
  },
  ENGINE_LAYOUT_CHANGED: {
    status: 503,
    retryable: false,
    message:
      "llama.cpp's {what} is not laid out as expected ({came} instead of {expected}); use the node-llama-cpp version that Attune pins.",
  },
  ENGINE_DEVICE_MISSING: {
    status: 503,
    retryable: false,
    message: 'No {device} device answers on this machine; choose another with ATTUNE_GPU.',
  },
  ENGINE_OUT_OF_MEMORY: {
    status: 507,
    retryable: false,
    message:
      '{what} needs {neededMb} MB, which {device} did not give; use shorter or fewer rows, or a smaller model.',
  },
  ENGINE_COMPUTE_FAILED: {
    status: 500,
    retryable: false,
    message: 'ggml could not compute the graph on {device} (status {status}).',
  },
  GGUF_MISSING: { status: 404, retryable: false, message: 'There is no readable file {path}.' },
  GGUF_INVALID: {
    status: 422,
    retryable: false,
    message: '{path} is not a complete GGUF file: {reason}; fetch it again.',
  },
  GGUF_WRITE_FAILED: { status: 500, retryable: true, message: 'Could not write {path}: {reason}.' },
  MODEL_NOT_FOUND: {
    status: 404,
    retryable: false,
    message: 'The model {model} does not exist here; GET /v1/models lists those that do.',
  },
  MODEL_SOURCE_INVALID: {
    status: 400,
    retryable: false,
    message:
      '{source} is no model source; expected file:PATH, hf:OWNER/REPO/FILE, https:URL or pip:PACKAGE==VERSION#PATH.',
  },
  MODEL_UNREACHABLE: {
    status: 502,
    retryable: true,
    message: 'The model could not be fetched: {reasons}.',
  },
  MODEL_HASH_MISMATCH: {
    status: 422,
    retryable: false,
    message:
      'What {source} gave hashes to {came}, expected {expected}; it is another file or was changed on the way.',
  },
  MODEL_IN_USE: {
    status: 409,
    retryable: false,
    message: '{name} is the default model; choose another default before deleting it.',
  },
  MODEL_DOWNLOAD_ENDED: {
    status: 409,
    retryable: false,
    message: 'This download is {state}; only a running one can be cancelled, only a stopped one resumed.',
  },
  MODEL_ARCHITECTURE_UNSUPPORTED: {
    status: 422,
    retryable: false,
    message: 'Models of architecture {architecture} cannot be trained here; supported are {supported}.',
  },
  MODEL_TENSOR_INVALID: {
    status: 422,
    retryable: false,
    message:
      'Tensor {tensor} of {path} is {came}, expected {expected}; the file does not fit its architecture.',
  },
  MODEL_METADATA_MISSING: {
    status: 422,
    retryable: false,
    message: '{path} lacks the metadata {key}, which its architecture needs.',
  },
  MODEL_WEIGHTS_NOT_FINITE: {
    status: 422,
    retryable: false,
    message: 'Tensor {tensor} of {path} holds NaN or infinity; fetch the model again.',
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
  MODEL_TEMPLATE_INVALID: {
    status: 422,
    retryable: false,
    message: "The model's chat template cannot render this conversation: {reason}.",
  },
  ADAPTER_MISMATCH: {
    status: 422,
    retryable: false,
    message: 'The adapter {path} does not belong to this base model: {reason}.',
  },
  TRAINING_BATCH_INVALID: {
    status: 422,
    retryable: false,
    message: 'The batch cannot be computed: {reason}.',
  },
  TRAINING_CANCELLED: { status: 499, retryable: false, message: 'The computation was cancelled.' },
  TRAINING_STATE_MISMATCH: {
    status: 422,
    retryable: false,
    message: 'The checkpoint does not belong to this model: {reason}.',
  },
  TRAINING_LORA_TARGET_UNKNOWN: {
    status: 422,
    retryable: false,
    message: 'This model has no linear layer {target}; it has {available}.',
  },
  LAUNCHER_ALREADY_RUNNING: {
    status: 409,
    retryable: false,
    message:
      'Attune already runs on {dataDir} (process {pid}), at {address}; stop that one first, or set ATTUNE_DATA_DIR.',
  },
  LAUNCHER_PORT_TAKEN: {
    status: 409,
    retryable: false,
    message: 'Port {port} on {host} is taken by another program; stop that one, or set ATTUNE_PORT.',
  },
  LAUNCHER_POSTGRES_MISSING: {
    status: 503,
    retryable: false,
    message:
      'There is no Postgres of our own for {platform}; run npm install again, or set DATABASE_URL to one that runs.',
  },
  LAUNCHER_POSTGRES_VERSION: {
    status: 503,
    retryable: false,
    message:
      'The database in {folder} was made by Postgres {found}, and this is Postgres {version}; move it over with pg_dump, or set DATABASE_URL.',
  },
  LAUNCHER_SERVICE_FAILED: { status: 503, retryable: true, message: '{service} does not start: {reason}.' },
  DATA_MISSING: { status: 404, retryable: false, message: 'There is no readable data file {path}.' },
  DATA_EMPTY: {
    status: 422,
    retryable: false,
    message: '{path} holds no example to learn from; collect feedback or choose another filter.',
  },
  DATA_ROWS_INVALID: {
    status: 422,
    retryable: false,
    message: '{count} rows of {path} cannot be used: {problems}.',
  },
  DATA_ANSWER_TOO_LONG: {
    status: 422,
    retryable: false,
    message:
      'The answer in line {line} has {tokens} tokens, but the model reads {contextLength}; shorten it, leave long examples out (tooLong: drop), or choose another model.',
  },
  RUN_CONFIG_INVALID: {
    status: 422,
    retryable: false,
    message: 'The settings of the run do not fit: {issues}.',
  },
  RUN_NOT_FINITE: {
    status: 422,
    retryable: false,
    message:
      'Step {step}: {what} is not a finite number; the run stopped. Lower the learning rate or the gradient clip. The last good checkpoint is {checkpoint}.',
  },
  RUN_DIVERGED: {
    status: 422,
    retryable: false,
    message: 'Step {step}: {reason} The last good checkpoint is {checkpoint}.',
  },
  RUN_OUT_OF_MEMORY: {
    status: 507,
    retryable: false,
    message: 'Step {step}: {device} ran out of memory. {advice}',
  },
  RUN_CRASHED: {
    status: 500,
    retryable: false,
    message: 'The training process ended at step {step} ({how}): {stderr}',
  },
  RUN_CHECKPOINT_MISMATCH: {
    status: 422,
    retryable: false,
    message:
      'The checkpoint {path} was made with another {what} ({came}, here {expected}); resume with the same, or start anew.',
  },
  RUN_CHECKPOINT_INVALID: {
    status: 422,
    retryable: false,
    message: 'The checkpoint {path} cannot be read: {reason}.',
  },
  RUN_OUTPUT_EXISTS: {
    status: 409,
    retryable: false,
    message: '{path} holds another run; choose an empty folder, or resume it.',
  },
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
  static restore({ code, message }: { code: string; message: string }): AppError {
    const error = new AppError(isErrorCode(code) ? code : 'SERVER_FAULT');
    error.message = message;
    return error;
  }

  get kind(): ErrorKind {
    return errorCatalogue[this.code];
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
