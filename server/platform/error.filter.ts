import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import type { Logger } from '../../common/logging/logger.js';
import { AppError, type ErrorCode, type ErrorDetails } from '../../common/contracts/errors.js';
import { toOpenAiError, toOpenAiStatus } from '../openai/openai-error.js';
import type { AppRequest } from './request.js';

/** What Nest and Express throw of their own accord, by status. */
const codesByStatus: Partial<Record<number, ErrorCode>> = {
  400: 'REQUEST_INVALID',
  401: 'ACCOUNT_SIGN_IN_NEEDED',
  403: 'ACCOUNT_FORBIDDEN',
  404: 'RESOURCE_NOT_FOUND',
  413: 'REQUEST_TOO_LARGE',
  415: 'REQUEST_INVALID',
  429: 'REQUEST_RATE_LIMITED',
};

const detailsOf: Partial<Record<ErrorCode, (thrown: HttpException) => ErrorDetails>> = {
  REQUEST_INVALID: (thrown) => ({ issues: [thrown.message] }),
  REQUEST_TOO_LARGE: () => ({ limit: 'this route takes' }),
  RESOURCE_NOT_FOUND: () => ({ resource: 'route' }),
};

/** The one place where an error becomes an HTTP answer: `ErrorBody`, or OpenAI's shape below `/v1`. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<AppRequest>();
    const response = http.getResponse<Response>();
    const error = toAppError(thrown, request);
    if (error.kind.status >= 500)
      this.logger.error({ err: thrown, code: error.code, requestId: request.requestId }, 'request failed');

    // A stream that has begun cannot be answered any more; cutting it tells the client that it is not complete.
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const retryAfter = error.details.seconds;
    if (typeof retryAfter === 'number') response.setHeader('Retry-After', retryAfter);
    if (request.path.startsWith('/v1/')) response.status(toOpenAiStatus(error)).json(toOpenAiError(error));
    else response.status(error.kind.status).json(error.toBody());
  }
}

function toAppError(thrown: unknown, request: AppRequest): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof HttpException) {
    const code = codesByStatus[thrown.getStatus()];
    if (code) return new AppError(code, detailsOf[code]?.(thrown) ?? {}, thrown);
  }
  return new AppError('SERVER_FAULT', { requestId: request.requestId }, thrown);
}
