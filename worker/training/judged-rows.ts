/** The rows that an evaluation judges by: what a dataset holds out, without what the candidate was trained on in another one. */
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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

export interface JudgedRows extends AsyncDisposable {
  file: string;
  /** Rows that were left out. */
  leftOut: number;
}

const storedSchema = z.object({ id: z.string() });

/** @throws AppError `EVALUATION_SOURCE_GONE` */
export async function openJudgedRows(
  { candidateId, datasetId, judgedKind }: EvaluationEntity,
  { dataSource, config }: { dataSource: DataSource; config: Pick<Config, 'dataDir'> },
): Promise<JudgedRows> {
  const dataset = await dataSource.getRepository(DatasetEntity).findOneBy({ id: datasetId });
  if (!dataset) throw new AppError('EVALUATION_SOURCE_GONE', { what: 'dataset' });
  const name = toDataFileName(judgedKind, 'held_out');
  const file = path.join(toArtefactPath(config.dataDir, dataset.folder), name);
  const asked = { versionId: candidateId, datasetId, kind: judgedKind };
  const learnt = await listLearntRows(dataSource.manager, asked);
  if (learnt.size === 0) return { file, leftOut: 0, [Symbol.asyncDispose]: () => Promise.resolve() };
  const folder = await mkdtemp(path.join(tmpdir(), 'attune-judged-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const copy = path.join(folder, name);
  try {
    await copyWithout(learnt, file, copy);
  } catch (error) {
    await remove();
    throw error;
  }
  return { file: copy, leftOut: learnt.size, [Symbol.asyncDispose]: remove };
}

/** @throws AppError `DATA_MISSING` */
async function copyWithout(rowIds: ReadonlySet<string>, file: string, copy: string): Promise<void> {
  await using kept = await open(copy, 'wx');
  try {
    for await (const read of readLines(createReadStream(file))) {
      if ('problem' in read) throw new RangeError(`line ${read.line} of ${file} is ${read.problem}`);
      if (rowIds.has(storedSchema.parse(JSON.parse(read.text)).id)) continue;
      await kept.appendFile(`${read.text}\n`);
    }
  } catch (error) {
    throw new AppError('DATA_MISSING', { path: path.basename(file) }, error);
  }
}
