import { z } from 'zod';
import type { AppError, ErrorCode } from '../../common/contracts/errors.js';

/** What OpenAI's clients expect of an answer that is not a success. */
export const openAiErrorSchema = z.strictObject({
  error: z.strictObject({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string(),
  }),
});
export type OpenAiErrorBody = z.infer<typeof openAiErrorSchema>;

const typesByStatus: Partial<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  429: 'rate_limit_error',
};
/** OpenAI's own codes, where programs look for them. */
const openAiCodes: Partial<Record<ErrorCode, string>> = {
  ACCOUNT_KEY_INVALID: 'invalid_api_key',
  GENERATION_CONTEXT_EXCEEDED: 'context_length_exceeded',
  REQUEST_RATE_LIMITED: 'rate_limit_exceeded',
};

/** OpenAI knows one status for every request that cannot be answered as it is. */
export function toOpenAiStatus(error: AppError): number {
  return error.kind.status === 422 ? 400 : error.kind.status;
}

/** The same error in OpenAI's words; `param` is taken from the detail of that name. */
export function toOpenAiError(error: AppError): OpenAiErrorBody {
  const status = toOpenAiStatus(error);
  const { param } = error.details;
  return {
    error: {
      message: error.message,
      type: typesByStatus[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
      param: typeof param === 'string' && param !== '' ? param : null,
      code: openAiCodes[error.code] ?? error.code.toLowerCase(),
    },
  };
}
