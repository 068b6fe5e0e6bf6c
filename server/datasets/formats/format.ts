/** What a format of training data does: writes rows, one by one, and reads a file's records back into rows. */
import type { DataKind } from '../../../common/contracts/dataset-formats.js';
import type { StoredRow } from '../rows/data-row.js';

/** One record of a file: a line of JSONL, an element of a JSON list, a record of CSV. */
export type FileRecord = { line: number; value: unknown } | { line: number; problem: string };

/**
 * What a record holds, as columns that are still to be checked; one that holds nothing to learn from, though it is in order, has no
 * rows.
 */
export type ReadRecord = { rows: unknown[] } | { problem: string };

export interface DataFormat {
  mediaType: string;
  ending: 'jsonl' | 'csv';
  /** What comes before the first row. */
  toHead(kind: DataKind): string;
  /** A row with its end. */
  toText(row: StoredRow, kind: DataKind): string;
  /** Cuts a file into records. */
  readRecords(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FileRecord>;
  toRows(value: unknown): ReadRecord;
}
