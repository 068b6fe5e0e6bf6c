import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { DataSplit } from '../../../common/contracts/dataset-formats.js';
import { toDataFileName } from '../../../common/contracts/datasets.js';
import { AppError } from '../../../common/contracts/errors.js';

/** Thumbs by what they say. */
export interface ThumbCounts {
  desirable: number;
  undesirable: number;
}

const labelSchema = z.object({ label: z.boolean() });

/**
 * @param folder  of a snapshot that has thumbs in this part
 * @throws AppError `DATA_MISSING`
 */
export async function countThumbs(folder: string, split: DataSplit): Promise<ThumbCounts> {
  const file = path.join(folder, toDataFileName('kto', split));
  const counts = { desirable: 0, undesirable: 0 };
  try {
    for await (const line of createInterface({ input: createReadStream(file) }))
      if (line.trim() !== '') {
        const { label } = labelSchema.parse(JSON.parse(line));
        counts[label ? 'desirable' : 'undesirable']++;
      }
  } catch (error) {
    throw new AppError('DATA_MISSING', { path: path.basename(file) }, error);
  }
  return counts;
}
