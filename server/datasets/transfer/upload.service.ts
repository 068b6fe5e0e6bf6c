/** A file of training data as a dataset: all of it, or nothing and a report of every line that is not in order. */
import { Injectable } from '@nestjs/common';
import type { UploadDataset } from '../../../common/contracts/datasets.js';
import { AppError } from '../../../common/contracts/errors.js';
import type { DatasetEntity } from '../../../common/database/dataset.entity.js';
import { formats } from '../formats/formats.js';
import { readRow } from '../rows/data-row.js';
import type { SourcedRow } from '../snapshot/assembly.js';
import { DatasetWriter } from '../snapshot/dataset-writer.service.js';

/** More lines than this are counted, not told. */
const problemsTold = 200;

@Injectable()
export class UploadService {
  constructor(private readonly writer: DatasetWriter) {}

  /** @throws AppError `DATASET_FILE_INVALID` with the lines that cannot be used, `DATASET_EMPTY` */
  upload(
    file: AsyncIterable<Uint8Array>,
    { name, fileName, format, ...splitSettings }: UploadDataset,
    createdBy: string,
  ): Promise<DatasetEntity> {
    const source = { type: 'upload' as const, fileName, format };
    return this.writer.write(readFileRows(file, { fileName, format }), {
      name,
      source,
      splitSettings,
      // A file is taken as it is.
      duplicates: 'keep',
      createdBy,
    });
  }
}

/** @throws AppError `DATASET_FILE_INVALID`, at the end, when there was any line that cannot be used */
export async function* readFileRows(
  file: AsyncIterable<Uint8Array>,
  { fileName, format }: Pick<UploadDataset, 'fileName' | 'format'>,
): AsyncGenerator<SourcedRow> {
  const { readRecords, toRows } = formats[format];
  const problems: string[] = [];
  let count = 0;
  const refuse = (line: number, problem: string) => {
    if (count++ < problemsTold) problems.push(`line ${line}: ${problem}`);
  };
  for await (const record of readRecords(file)) {
    const read = 'problem' in record ? record : toRows(record.value);
    if ('problem' in read) {
      refuse(record.line, read.problem);
      continue;
    }
    for (const columns of read.rows) {
      const content = readRow(columns, record.line);
      if ('problem' in content) refuse(record.line, content.problem);
      // Nothing will come of it any more: the rest is read for its problems.
      else if (count === 0) yield { content, origin: { eventIds: [], people: [], raterId: null } };
    }
    if (read.rows.length === 0) yield { skipped: 'tie' };
  }
  if (count > 0) throw new AppError('DATASET_FILE_INVALID', { fileName, count, problems });
}
