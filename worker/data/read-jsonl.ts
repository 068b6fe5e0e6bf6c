/** Reads a JSONL file into examples, telling every bad line by its number before anything is trained. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { AppError } from '../../common/contracts/errors.js';
import type { RunKind } from '../../common/contracts/runs.js';
import { readLines, type ReadLine } from '../../common/data/json-lines.js';
import { toExamples, type Example } from '../../common/data/rows.js';

/** More would not be read by anybody. */
const PROBLEMS_TOLD = 20;

export interface Dataset {
  examples: Example[];
  /** Of the file's bytes, hex. */
  sha256: string;
}

/**
 * @param kind  decides which columns a row must have
 * @throws AppError `DATA_MISSING`, `DATA_EMPTY`, or `DATA_ROWS_INVALID` with the first bad lines
 */
export async function readJsonl(path: string, kind: RunKind): Promise<Dataset> {
  const hash = createHash('sha256');
  const examples: Example[] = [];
  const problems: string[] = [];
  let badLines = 0;
  try {
    for await (const line of readLines(hashed(createReadStream(path), hash))) {
      const read = parseLine(kind, line);
      if (Array.isArray(read)) examples.push(...read);
      else if (badLines++ < PROBLEMS_TOLD) problems.push(`line ${line.line}: ${read.problem}`);
    }
  } catch (error) {
    throw new AppError('DATA_MISSING', { path }, error);
  }
  if (badLines > 0) throw new AppError('DATA_ROWS_INVALID', { path, count: badLines, problems });
  if (examples.length === 0) throw new AppError('DATA_EMPTY', { path });
  return { examples, sha256: hash.digest('hex') };
}

async function* hashed(chunks: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

function parseLine(kind: RunKind, read: ReadLine): Example[] | { problem: string } {
  if ('problem' in read) return read;
  let row: unknown;
  try {
    row = JSON.parse(read.text);
  } catch {
    return { problem: 'not JSON' };
  }
  return toExamples(kind, row, read.line);
}
