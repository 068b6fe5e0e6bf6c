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

const labelSchema = z.object({ id: z.string().optional(), label: z.boolean() });

/**
 * @param folder   of a snapshot that has thumbs in this part
 * @param without  ids of rows that do not count
 * @throws AppError `DATA_MISSING`
 */
export async function countThumbs(
  folder: string,
  split: DataSplit,
  without: ReadonlySet<string> = new Set(),
): Promise<ThumbCounts> {
  const file = path.join(folder, toDataFileName('kto', split));
  const counts = { desirable: 0, undesirable: 0 };
  try {
    for await (const line of createInterface({ input: createReadStream(file) }))
      if (line.trim() !== '') {
        const { id, label } = labelSchema.parse(JSON.parse(line));
        if (id === undefined || !without.has(id)) counts[label ? 'desirable' : 'undesirable']++;
      }
  } catch (error) {
    throw new AppError('DATA_MISSING', { path: path.basename(file) }, error);
  }
  return counts;
}
