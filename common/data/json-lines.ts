/**
 * JSONL by its bytes: only a line feed ends a line. Node's readline also ends one at U+2028 and U+2029, which JSON texts may hold.
 */
import { isUtf8 } from 'node:buffer';

/** A longer line is not read; no row of text is that long. */
export const maxLineBytes = 32 * 1024 * 1024;

/** A line, from 1, without its end; or what is wrong with it. */
export type ReadLine = { line: number; text: string } | { line: number; problem: string };

const lineFeed = 0x0a;

/** Reads line after line; blank ones are passed over, and so is a byte-order mark. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ReadLine> {
  let line = 0;
  let pieces: Uint8Array[] = [];
  let length = 0;
  const take = () => {
    const read = toLine(++line, pieces, length);
    pieces = [];
    length = 0;
    return read;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      pieces.push(chunk.subarray(start, end));
      length += end - start;
      start = end + 1;
      const read = take();
      if (read) yield read;
    }
    length += chunk.length - start;
    if (length <= maxLineBytes) pieces.push(chunk.subarray(start));
    else pieces = [];
  }
  const rest = length > 0 ? take() : null;
  if (rest) yield rest;
}

/** One line of JSONL, with its end. U+2028 and U+2029 are escaped for readers that end lines there. */
export function toJsonLine(value: unknown): string {
  return `${JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`;
}

function toLine(line: number, pieces: readonly Uint8Array[], length: number): ReadLine | null {
  if (length > maxLineBytes) return { line, problem: `longer than ${maxLineBytes >> 20} MB` };
  const bytes = Buffer.concat(pieces);
  if (!isUtf8(bytes)) return { line, problem: 'not UTF-8' };
  const text = bytes.toString();
  const bare = line === 1 ? text.replace(/^\uFEFF/, '') : text;
  return bare.trim() === '' ? null : { line, text: bare };
}
