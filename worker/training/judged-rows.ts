/** The rows that an evaluation judges by: what a dataset holds out, without what the candidate was trained on in another one. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { toArtefactPath } from '../../common/config/artefacts.js';
import type { Config } from '../../common/config/config.js';
import { toDataFileName } from '../../common/contracts/datasets.js';
import { AppError } from '../../common/contracts/errors.js';
import { readLines } from '../../common/data/json-lines.js';
import { DatasetEntity } from '../../common/database/dataset.entity.js';
import type { EvaluationEntity } from '../../common/database/evaluation.entity.js';
import { listLearntRows } from '../../common/database/learnt-rows.js';
import type { EvaluationFolder } from './evaluation-folder.js';

export interface JudgedRows {
  file: string;
  /** Rows that were left out. */
  leftOut: number;
}

const storedSchema = z.object({ id: z.string() });

/**
 * Copies them: both versions are judged by the same rows, whatever is erased in between. Until they are copied an erasure waits, and then
 * finds the copy.
 *
 * @throws AppError `EVALUATION_SOURCE_GONE`, `DATA_MISSING`
 */
export async function copyJudgedRows(
  { candidateId, datasetId, judgedKind }: EvaluationEntity,
  folder: EvaluationFolder,
  { dataSource, config }: { dataSource: DataSource; config: Pick<Config, 'dataDir'> },
): Promise<JudgedRows> {
  return dataSource.transaction(async (manager) => {
    const dataset = await manager.findOne(DatasetEntity, {
      where: { id: datasetId },
      lock: { mode: 'pessimistic_read' },
    });
    if (!dataset) throw new AppError('EVALUATION_SOURCE_GONE', { what: 'dataset' });
    const learnt = await listLearntRows(manager, { versionId: candidateId, datasetId, kind: judgedKind });
    const name = toDataFileName(judgedKind, 'held_out');
    await using copy = await open(folder.file(name), 'wx');
    for await (const line of readWithout(
      learnt,
      path.join(toArtefactPath(config.dataDir, dataset.folder), name),
    ))
      await copy.appendFile(`${line}\n`);
    return { file: folder.file(name), leftOut: learnt.size };
  });
}

/** @throws AppError `DATA_MISSING` */
async function* readWithout(rowIds: ReadonlySet<string>, file: string): AsyncGenerator<string> {
  try {
    for await (const read of readLines(createReadStream(file))) {
      if ('problem' in read) throw new RangeError(`line ${read.line} of ${file} is ${read.problem}`);
      if (!rowIds.has(storedSchema.parse(JSON.parse(read.text)).id)) yield read.text;
    }
  } catch (error) {
    throw new AppError('DATA_MISSING', { path: path.basename(file) }, error);
  }
}
