import { AppError } from '../../common/contracts/errors.js';

/** A body as it comes in, up to a size. @throws AppError `REQUEST_TOO_LARGE` where it goes on after that */
export async function* limitSize(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  for await (const chunk of body) {
    received += chunk.length;
    if (received > maxBytes) throw new AppError('REQUEST_TOO_LARGE', { limit: `${maxBytes >> 20} MB` });
    yield chunk;
  }
}
