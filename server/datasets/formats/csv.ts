/** TRL's columns as CSV. A list of messages is written as its JSON, so that nothing is lost; an empty cell is a column that the row lacks. */
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { stringify } from 'csv-stringify/sync';
import type { DataKind } from '../../../common/contracts/dataset-formats.js';
import { maxLineBytes } from '../../../common/data/json-lines.js';
import type { DataFormat, FileRecord, ReadRecord } from './format.js';

const columnsOf = {
  sft: ['id', 'events', 'messages', 'prompt', 'completion', 'models'],
  preference: ['id', 'events', 'prompt', 'chosen', 'rejected', 'rankings', 'margin', 'models'],
  kto: ['id', 'events', 'prompt', 'completion', 'label', 'models'],
  prompt: ['id', 'events', 'sources', 'prompt'],
  text: ['id', 'events', 'text'],
} as const satisfies Record<DataKind, readonly string[]>;

export const csv: DataFormat = {
  mediaType: 'text/csv; charset=utf-8',
  ending: 'csv',
  toHead: (kind) => stringify([columnsOf[kind]]),
  toText(row, kind) {
    const cells = new Map<string, unknown>(Object.entries(row));
    return stringify([columnsOf[kind].map((column) => toCell(cells.get(column)))]);
  },
  readRecords,
  toRows,
};

function toCell(value: unknown): string {
  if (value === undefined) return '';
  // A column that is there, with nothing in it.
  if (value === '') return '[]';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function* readRecords(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FileRecord> {
  const parser = Readable.from(chunks).pipe(
    parse({
      bom: true,
      columns: true,
      info: true,
      skip_empty_lines: true,
      max_record_size: maxLineBytes,
      relax_column_count_less: true,
    }),
  );
  let line = 1;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: unknown;
      info: { lines: number };
    }>)
      yield { line: (line = info.lines), value: record };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    yield { line: line + 1, problem: `not CSV (${error.code})` };
  }
}

function toRows(value: unknown): ReadRecord {
  if (typeof value !== 'object' || value === null) return { problem: 'not a record' };
  const cells = Object.entries(value).filter(([, cell]) => cell !== '');
  return { rows: [Object.fromEntries(cells.map(([column, cell]) => [column, fromCell(column, cell)]))] };
}

const listColumns = new Set(['events', 'sources', 'models', 'rankings']);

function fromCell(column: string, cell: unknown): unknown {
  if (typeof cell !== 'string') return cell;
  if (column === 'label') return cell === 'true' ? true : cell === 'false' ? false : cell;
  if (column === 'margin') return Number(cell);
  const list = cell.startsWith('[') ? parseList(cell) : null;
  // A text may begin with a bracket, too.
  return list && (listColumns.has(column) || list.every(isTurn)) ? list : cell;
}

function parseList(cell: string): unknown[] | null {
  try {
    const value: unknown = JSON.parse(cell);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function isTurn(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'role' in value && 'content' in value;
}
