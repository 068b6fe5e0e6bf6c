import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { ReadableStream } from 'node:stream/web';

export interface FetchProgress {
  receivedBytes: number;
  /** Null while the size is not known. */
  totalBytes: number | null;
}

export interface FetchOptions {
  signal: AbortSignal;
  onProgress: (progress: FetchProgress) => void;
}

/** The server answered, but not with the file. */
export class HttpFetchError extends Error {
  override readonly name = 'HttpFetchError';
}

/**
 * Downloads `url` into `file`, going on where an earlier attempt stopped.
 *
 * The validator (ETag or Last-Modified) of the first attempt is kept beside the file; `If-Range` makes the server start over when the
 * remote file has changed since, so that two versions are never joined.
 *
 * @throws HttpFetchError for an answer that is not the file; the network's own error when the connection breaks; the abort reason
 */
export async function fetchHttp(
  source: { url: string; headers: Record<string, string> },
  file: string,
  { signal, onProgress }: FetchOptions,
): Promise<void> {
  const validatorFile = `${file}.validator`;
  const validator = await readFile(validatorFile, 'utf8').catch(() => null);
  const present = validator
    ? await stat(file).then(
        ({ size }) => size,
        () => 0,
      )
    : 0;
  const resume: Record<string, string> =
    validator && present > 0 ? { range: `bytes=${present}-`, 'if-range': validator } : {};

  const response = await fetch(source.url, {
    signal,
    // A transparently compressed body would make lengths and ranges meaningless.
    headers: { ...source.headers, ...resume, 'accept-encoding': 'identity' },
  });
  if (response.status === 416)
    return finishOrRestart({ source, file, present, response }, { signal, onProgress });
  if (!response.ok || !response.body)
    throw new HttpFetchError(`${response.status} ${response.statusText}`.trim());

  const start = response.status === 206 ? present : 0;
  const etag = response.headers.get('etag');
  const received = etag && !etag.startsWith('W/') ? etag : response.headers.get('last-modified');
  await (received ? writeFile(validatorFile, received) : rm(validatorFile, { force: true }));

  const length = response.headers.get('content-length');
  const totalBytes = length === null ? null : start + Number(length);
  let receivedBytes = start;
  onProgress({ receivedBytes, totalBytes });
  await using partial = await open(file, start > 0 ? 'a' : 'w');
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    // Before it is told of, so that all that was told of is there to go on from, however this ends.
    await partial.writeFile(chunk);
    receivedBytes += chunk.length;
    onProgress({ receivedBytes, totalBytes });
  }
  if (totalBytes !== null && receivedBytes !== totalBytes)
    throw new HttpFetchError(`the connection closed after ${receivedBytes} of ${totalBytes} bytes`);
}

/** Forgets how to go on with `file`; the file itself, if it is still there, stays. */
export async function forgetResume(file: string): Promise<void> {
  await rm(`${file}.validator`, { force: true });
}

/** 416: nothing is left to send, because the file is whole already, or because it is another one by now. */
async function finishOrRestart(
  attempt: {
    source: { url: string; headers: Record<string, string> };
    file: string;
    present: number;
    response: Response;
  },
  options: FetchOptions,
): Promise<void> {
  const { source, file, present, response } = attempt;
  const whole = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  await response.body?.cancel();
  if (Number(whole) === present) return;
  await forgetResume(file);
  await rm(file, { force: true });
  return fetchHttp(source, file, options);
}
