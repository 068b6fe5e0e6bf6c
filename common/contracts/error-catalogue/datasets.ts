import type { ErrorKind } from './error-kind.js';

/** Training data: freezing, uploading and handing it out. */
export const datasetsErrors = {
  DATASET_EMPTY: {
    status: 422,
    retryable: false,
    message:
      'This selection holds nothing to learn from ({skipped} of its acts teach nothing); choose another filter.',
  },
  DATASET_FILE_INVALID: {
    status: 422,
    retryable: false,
    message: 'Nothing was imported: {count} lines of {fileName} cannot be used: {problems}.',
  },
  DATASET_FORMAT_UNFIT: {
    status: 422,
    retryable: false,
    message: 'The format {format} has no place for {kind} rows; choose one of {formats}.',
  },
  DATASET_IN_USE: {
    status: 409,
    retryable: false,
    message:
      'The run {run} is not over and learns from {dataset}; let it end, or cancel it, before the dataset is deleted.',
  },
} satisfies Record<string, ErrorKind>;
