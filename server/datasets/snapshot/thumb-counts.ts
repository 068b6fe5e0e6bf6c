import { createReadStream } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { DataSplit } from '../../../common/contracts/dataset-formats.js';
import { toDataFileName } from '../../../common/contracts/datasets.js';
import { AppError } from '../../../common/contracts/errors.js';
import { readLines } from '../../../common/data/json-lines.js';

/** Thumbs by what they say. */
export interface ThumbCounts {
  desirable: number;
  undesirable: number;
}

const thumbSchema = z.object({ id: z.string(), label: z.boolean() });
export type StoredThumb = z.infer<typeof thumbSchema>;

/**
 * What each thumb of a snapshot says, without its texts.
 *
 * @param folder  of a snapshot that has thumbs in this part
 * @throws AppError `DATA_MISSING`
 */
export async function* readThumbs(folder: string, split: DataSplit): AsyncGenerator<StoredThumb> {
  const file = path.join(folder, toDataFileName('kto', split));
  try {
    for await (const read of readLines(createReadStream(file))) {
      if ('problem' in read) throw new RangeError(`line ${read.line} of ${file} is ${read.problem}`);
      yield thumbSchema.parse(JSON.parse(read.text));
    }
  } catch (error) {
    throw new AppError('DATA_MISSING', { path: path.basename(file) }, error);
  }
}

/** @throws AppError `DATA_MISSING` */
export async function countThumbs(folder: string, split: DataSplit): Promise<ThumbCounts> {
  const counts = { desirable: 0, undesirable: 0 };
  for await (const { label } of readThumbs(folder, split)) counts[label ? 'desirable' : 'undesirable']++;
  return counts;
}
