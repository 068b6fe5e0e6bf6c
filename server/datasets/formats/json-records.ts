import { readLines } from '../../../common/data/json-lines.js';
import type { FileRecord } from './format.js';

const openBracket = 0x5b;
const blanks = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);
/** A list is one JSON text, which is read as a whole. */
const maxListBytes = 128 * 1024 * 1024;

/** JSONL, or one JSON list, whose elements then count as lines. */
export async function* readJsonRecords(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FileRecord> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  const all = resume(first, iterator);
  const begin = first.done ? undefined : first.value.find((byte) => !blanks.has(byte));
  if (begin === openBracket) yield* readList(all);
  else for await (const read of readLines(all)) yield 'problem' in read ? read : parse(read);
}

async function* resume(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for (let next = first; !next.done; next = await rest.next()) yield next.value;
}

function parse({ line, text }: { line: number; text: string }): FileRecord {
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch {
    return { line, problem: 'not JSON' };
  }
}

async function* readList(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FileRecord> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maxListBytes) {
      yield { line: 1, problem: `a list longer than ${maxListBytes >> 20} MB; use one line a row` };
      return;
    }
    pieces.push(chunk);
  }
  const parsed = parse({
    line: 1,
    text: Buffer.concat(pieces)
      .toString()
      .replace(/^\uFEFF/, ''),
  });
  if ('problem' in parsed || !Array.isArray(parsed.value)) yield parsed;
  else for (const [index, value] of parsed.value.entries()) yield { line: index + 1, value };
}
