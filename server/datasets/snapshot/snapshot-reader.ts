import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import type { DataKind, DataSplit } from '../../../common/contracts/dataset-formats.js';
import { toDataFileName } from '../../../common/contracts/datasets.js';
import { readLines } from '../../../common/data/json-lines.js';
import { storedRowSchema, type StoredRow } from '../rows/data-row.js';

/** Rows of one of a snapshot's files, in order; none when it has no such rows. */
export async function* readSnapshotRows(
  folder: string,
  { kind, split }: { kind: DataKind; split: DataSplit },
): AsyncGenerator<StoredRow> {
  const file = path.join(folder, toDataFileName(kind, split));
  if (!existsSync(file)) return;
  for await (const read of readLines(createReadStream(file))) {
    if ('problem' in read) throw new RangeError(`line ${read.line} of ${file} is ${read.problem}`);
    yield storedRowSchema.parse(JSON.parse(read.text));
  }
}
