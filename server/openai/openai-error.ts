import { z } from 'zod';
import type { AppError } from '../../common/contracts/errors.js';

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

/** The same error in OpenAI's words; `param` is taken from the detail of that name. */
export function toOpenAiError(error: AppError): OpenAiErrorBody {
  const { status } = error.kind;
  const { param } = error.details;
  return {
    error: {
      message: error.message,
      type: typesByStatus[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
      param: typeof param === 'string' ? param : null,
      code: error.code.toLowerCase(),
    },
  };
}
