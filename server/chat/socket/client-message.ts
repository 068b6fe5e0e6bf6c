import { clientMessageSchema, type ClientMessage } from '../../../common/contracts/socket.js';
import { AppError } from '../../../common/contracts/errors.js';
import { assertStorable } from '../../platform/validation.pipe.js';
import { maxMessageBytes } from './socket-limits.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const knownTypes = new Set<unknown>(clientMessageSchema.options.map((option) => option.shape.type.value));

export type ParsedMessage =
  | { message: ClientMessage }
  /** `id` is what the client gave, as far as it could be read. */
  | { id: string | null; error: AppError };

/** Bytes from a client -> one message of the contract, or a coded error. */
export function parseClientMessage(data: Buffer): ParsedMessage {
  if (data.length > maxMessageBytes)
    return refused(null, new AppError('REQUEST_TOO_LARGE', { limit: `${maxMessageBytes} bytes` }));
  const value = parseJson(data);
  if (value instanceof AppError) return refused(null, value);
  const id = findId(value);
  const type = (value as { type?: unknown } | null)?.type;
  if (typeof type === 'string' && !knownTypes.has(type))
    return refused(id, new AppError('SOCKET_MESSAGE_UNKNOWN', { type: type.slice(0, 64) }));
  const parsed = clientMessageSchema.safeParse(value);
  if (!parsed.success) {
    const issues = parsed.error.issues
      .slice(0, 10)
      .map(({ path, message }) => `${path.join('.')}: ${message}`);
    return refused(id, new AppError('REQUEST_INVALID', { issues }));
  }
  try {
    assertStorable(parsed.data);
  } catch (error) {
    if (error instanceof AppError) return refused(id, error);
    throw error;
  }
  return { message: parsed.data };
}

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(data));
  } catch (cause) {
    const issue = cause instanceof SyntaxError ? 'not JSON' : 'not UTF-8';
    return new AppError('REQUEST_INVALID', { issues: [issue] }, cause);
  }
}

function findId(value: unknown): string | null {
  const id = (value as { id?: unknown } | null)?.id;
  return typeof id === 'string' && id.length <= 64 ? id : null;
}

function refused(id: string | null, error: AppError): ParsedMessage {
  return { id, error };
}
