/**
 * Takes erased people's rows out of frozen files, the one thing that changes a snapshot, and with them what runs on it told of their
 * prompts and what evaluations have copied. Files first, tables afterwards, so that an erasure that was cut off is found by the tables and
 * done again.
 *
 * The content hash stays: it says what runs learnt from. `erased_rows` says that it is no longer what lies there.
 */
import { createReadStream, existsSync } from 'node:fs';
import { open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { toArtefactPath } from '../../../common/config/artefacts.js';
import type { DataKind, DataSplit } from '../../../common/contracts/dataset-formats.js';
import { toDataFileName } from '../../../common/contracts/datasets.js';
import { readLines } from '../../../common/data/json-lines.js';
import { DatasetEntity } from '../../../common/database/dataset.entity.js';
import type { Logger } from '../../../common/logging/logger.js';
import type { ServerConfig } from '../../platform/server-config.js';
import { CONFIG, LOGGER } from '../../platform/tokens.js';
import { storedRowSchema } from '../rows/data-row.js';
import { removeJudgedCopies } from './judged-copies.js';

interface ErasedItem {
  rowId: string;
  kind: DataKind;
  split: DataSplit;
}

/** A freeze that takes longer than this is not running any more. */
const abandonedMs = 24 * 3_600_000;

const isOfErased = `EXISTS (SELECT FROM unnest(i.people) AS person
  WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = person))`;

@Injectable()
export class DatasetErasure implements OnApplicationBootstrap {
  constructor(
    private readonly db: DataSource,
    @Inject(CONFIG) private readonly config: ServerConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** What a server that ended in the middle left to do. What fails now is tried again at the next start: people chat meanwhile. */
  async onApplicationBootstrap(): Promise<void> {
    await this.eraseFrom(`SELECT DISTINCT dataset_id AS id FROM dataset_items i WHERE ${isOfErased}`, []);
    await this.removeAbandoned();
  }

  /** After the account is gone. @throws what the first dataset failed with; all others are done */
  async erasePerson(userId: string): Promise<void> {
    const [failure] = await this.eraseFrom(
      `SELECT DISTINCT dataset_id AS id FROM dataset_items WHERE people @> ARRAY[$1]::uuid[]`,
      [userId],
    );
    if (failure) throw failure;
  }

  /** After it was frozen: somebody may have been erased meanwhile. */
  async checkDataset(id: string): Promise<void> {
    await this.db.transaction((manager) => this.eraseRows(manager, id));
  }

  /** Each dataset by itself: a broken one keeps nobody's words in the others. @returns what failed; the log has it */
  private async eraseFrom(query: string, parameters: unknown[]): Promise<Error[]> {
    const datasets = await this.db.query<{ id: string }[]>(query, parameters);
    const failures: Error[] = [];
    for (const { id } of datasets)
      await this.checkDataset(id).catch((error: Error) => {
        this.logger.error({ err: error, datasetId: id }, 'erased rows could not be taken out of a dataset');
        failures.push(error);
      });
    return failures;
  }

  private async eraseRows(manager: EntityManager, id: string): Promise<void> {
    const dataset = await manager.findOne(DatasetEntity, {
      where: { id },
      lock: { mode: 'pessimistic_write' },
    });
    if (!dataset) return;
    const items = await manager.query<ErasedItem[]>(
      `SELECT row_id AS "rowId", kind, split FROM dataset_items i WHERE dataset_id = $1 AND ${isOfErased}`,
      [id],
    );
    if (items.length === 0) return;
    const folder = toArtefactPath(this.config.dataDir, dataset.folder);
    for (const [file, rowIds] of groupByFile(items)) await rewriteWithout(path.join(folder, file), rowIds);
    await removeJudgedCopies(manager, this.config.dataDir, id);

    const counts = structuredClone(dataset.counts);
    for (const { kind, split } of items) counts[kind][split]--;
    const people = await manager.query<{ id: string }[]>(`SELECT id FROM users WHERE id = ANY($1)`, [
      dataset.report.raters.map(({ userId }) => userId),
    ]);
    const raters = dataset.report.raters.filter(({ userId }) =>
      people.some((person) => person.id === userId),
    );
    // They tell prompts without saying whose; which were those of the rows is not known any more where the files went before. Runs that have
    // read the rows see by `erased_rows` that they are to tell none any more.
    for (const table of ['run_samples', 'run_rollouts'])
      await manager.query(
        `DELETE FROM ${table} WHERE run_id IN (SELECT id FROM runs WHERE dataset_id = $1)`,
        [id],
      );
    await manager.query(`DELETE FROM dataset_items i WHERE dataset_id = $1 AND ${isOfErased}`, [id]);
    await manager.update(DatasetEntity, id, {
      counts,
      report: { ...dataset.report, raters },
      erasedRows: dataset.erasedRows + items.length,
    });
  }

  /** Folders of snapshots that were never finished, or whose rows were never written. */
  private async removeAbandoned(): Promise<void> {
    const parent = toArtefactPath(this.config.dataDir, 'datasets');
    for (const name of await readdir(parent).catch(() => [])) {
      const folder = path.join(parent, name);
      const { mtimeMs } = await stat(folder);
      if (Date.now() - mtimeMs < abandonedMs) continue;
      const isKnown = await this.db.manager.existsBy(DatasetEntity, { folder: `datasets/${name}` });
      if (!isKnown) await rm(folder, { recursive: true, force: true });
    }
  }
}

function groupByFile(items: readonly ErasedItem[]): Map<string, Set<string>> {
  const files = new Map<string, Set<string>>();
  for (const { kind, split, rowId } of items) {
    const file = toDataFileName(kind, split);
    files.set(file, (files.get(file) ?? new Set()).add(rowId));
  }
  return files;
}

/** A file without rows is removed; one that is not there was, by an erasure that was cut off before its tables. */
async function rewriteWithout(file: string, rowIds: ReadonlySet<string>): Promise<void> {
  if (!existsSync(file)) return;
  const temporary = `${file}.tmp`;
  let kept = 0;
  const handle = await open(temporary, 'w');
  try {
    for await (const read of readLines(createReadStream(file))) {
      if ('problem' in read) throw new RangeError(`line ${read.line} of ${file} is ${read.problem}`);
      if (rowIds.has(storedRowSchema.parse(JSON.parse(read.text)).id)) continue;
      kept++;
      await handle.appendFile(`${read.text}\n`);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  if (kept === 0) await unlink(file);
}
