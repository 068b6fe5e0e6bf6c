/**
 * The page's one way to the HTTP interface: typed calls, and one error class that carries the catalogue's code.
 */
import type { ErrorBody, ErrorDetails } from '$contracts';

/** Codes of the catalogue, and the two that only a page can meet. */
export type PageErrorCode = ErrorBody['code'] | 'PAGE_OFFLINE' | 'PAGE_ANSWER_UNREADABLE';

/** An answer other than 2xx, or none at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly code: PageErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    readonly retryable = false,
  ) {
    super(message);
  }

  static fromBody(body: ErrorBody): ApiError {
    return new ApiError(body.code, body.message, body.details, body.retryable);
  }
}

/** There is nothing at an address: nothing has the id in it, or what stands there is none. */
export function isNotHere(error: unknown): boolean {
  return (
    error instanceof ApiError && (error.code === 'RESOURCE_NOT_FOUND' || error.code === 'REQUEST_INVALID')
  );
}

/** Units of a change that reaches the server though its page is left at once. Browsers keep at most 64 KiB of such bodies on their way. */
const mostKeptAlive = 1024;

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

let whenSignedOut = (): void => undefined;

/** Called when the server no longer knows who this is: the session ended, here or elsewhere. */
export function onSignedOut(listener: () => void): void {
  whenSignedOut = listener;
}

async function request<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(method, path, body, signal);
  if (response.ok) return (await readJson(response)) as T;
  const error = await readJson(response);
  if (isErrorBody(error)) {
    if (error.code === 'ACCOUNT_SIGN_IN_NEEDED') whenSignedOut();
    throw ApiError.fromBody(error);
  }
  throw new ApiError('PAGE_ANSWER_UNREADABLE', `HTTP ${response.status}`, { status: response.status });
}

async function send(method: Method, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const sent = toBody(body);
  try {
    return await fetch(path, {
      method,
      credentials: 'same-origin',
      ...sent,
      keepalive: method !== 'GET' && isSmall(sent.body),
      signal: signal ?? null,
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError('PAGE_OFFLINE', 'The server cannot be reached.', {}, true);
  }
}

function isSmall(body: string | Blob | undefined): boolean {
  return body === undefined || (typeof body === 'string' && body.length <= mostKeptAlive);
}

/** A file goes as it is. */
function toBody(body: unknown): { headers?: Record<string, string>; body?: string | Blob } {
  if (body === undefined) return {};
  if (body instanceof Blob) return { headers: { 'content-type': 'application/octet-stream' }, body };
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isErrorBody(value: unknown): value is ErrorBody {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}

export const http = {
  get: <T>(path: string, signal?: AbortSignal) => request<T>('GET', path, undefined, signal),
  post: <T>(path: string, body: unknown = {}) => request<T>('POST', path, body),
  put: <T>(path: string, body: unknown) => request<T>('PUT', path, body),
  patch: <T>(path: string, body: unknown) => request<T>('PATCH', path, body),
  delete: <T = void>(path: string, body?: unknown) => request<T>('DELETE', path, body),
};
