/** Freezes rows into a dataset: a folder of files and the rows of two tables, or neither. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { privateFolder, toArtefactPath } from '../../../common/config/artefacts.js';
import type { DatasetSource, FeedbackRecipe, SplitSettings } from '../../../common/contracts/datasets.js';
import { AppError } from '../../../common/contracts/errors.js';
import { DatasetEntity } from '../../../common/database/dataset.entity.js';
import type { ServerConfig } from '../../platform/server-config.js';
import { CONFIG } from '../../platform/tokens.js';
import { getDataset } from '../dataset-rows.js';
import { Assembly, countRows, type Assembled, type SourcedRow } from './assembly.js';
import { DatasetErasure } from './erasure.service.js';
import { SnapshotDraft } from './snapshot-files.js';

export interface DatasetOrder {
  /** Given where the writing may be cut off and done again; no dataset has it yet. */
  id?: string;
  name: string;
  source: DatasetSource;
  splitSettings: SplitSettings;
  duplicates: FeedbackRecipe['duplicates'];
  createdBy: string | null;
}

const itemsInStatement = 1000;

@Injectable()
export class DatasetWriter {
  constructor(
    private readonly db: DataSource,
    private readonly erasure: DatasetErasure,
    @Inject(CONFIG) private readonly config: ServerConfig,
  ) {}

  /** @throws AppError `DATASET_EMPTY` when no row comes out */
  async write(rows: AsyncIterable<SourcedRow>, order: DatasetOrder): Promise<DatasetEntity> {
    const { id = randomUUID() } = order;
    const folder = `datasets/${id}`;
    const absolute = toArtefactPath(this.config.dataDir, folder);
    await mkdir(path.dirname(absolute), privateFolder);
    await using draft = await SnapshotDraft.create(absolute);
    const assembled = await assemble(rows, order, (row) => draft.append(row));
    const { name, source, splitSettings, createdBy } = order;
    const { counts, report } = assembled;
    const { contentHash } = await draft.keep(assembled, (files, hash) => {
      return { id, name, source, splitSettings, contentHash: hash, counts, files };
    });
    const described = { id, name, source, splitSettings, contentHash, counts, report, folder, createdBy };
    try {
      await this.db.transaction((manager) => insertDataset(manager, described, assembled));
    } catch (error) {
      await rm(absolute, { recursive: true, force: true });
      throw error;
    }
    await this.erasure.checkDataset(id);
    return await getDataset(this.db.manager, id);
  }
}

/** @param onRow  given each row that is not merged into another, in order */
export async function assemble(
  rows: AsyncIterable<SourcedRow>,
  { duplicates, splitSettings }: Pick<DatasetOrder, 'duplicates' | 'splitSettings'>,
  onRow: (row: Extract<SourcedRow, { content: unknown }>['content']['row']) => Promise<void>,
): Promise<Assembled> {
  const assembly = new Assembly(duplicates);
  for await (const sourced of rows) {
    if ('skipped' in sourced) assembly.skip(sourced.skipped);
    else if (assembly.add(sourced.content, sourced.origin) !== null) await onRow(sourced.content.row);
  }
  const assembled = assembly.finish(splitSettings);
  if (countRows(assembled.counts) === 0) {
    const skipped = Object.values(assembled.report.skipped).reduce((sum, count) => sum + count, 0);
    throw new AppError('DATASET_EMPTY', { skipped });
  }
  return assembled;
}

async function insertDataset(
  manager: EntityManager,
  described: Omit<DatasetEntity, 'version' | 'erasedRows' | 'createdAt'>,
  { rows, splits }: Assembled,
): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`dataset ${described.name}`]);
  const version = ((await manager.maximum(DatasetEntity, 'version', { name: described.name })) ?? 0) + 1;
  await manager.insert(DatasetEntity, { ...described, version });
  const items = rows.flatMap((row, index) => {
    const split = splits[index];
    return split ? [{ ...row, split }] : [];
  });
  for (let start = 0; start < items.length; start += itemsInStatement)
    await insertItems(manager, described.id, { items: items.slice(start, start + itemsInStatement), start });
}

async function insertItems(
  manager: EntityManager,
  datasetId: string,
  { items, start }: { items: readonly unknown[]; start: number },
): Promise<void> {
  await manager.query(
    `INSERT INTO dataset_items (dataset_id, position, row_id, kind, split, event_ids, source_ids, content_hash, prompt_hash, people)
     SELECT $1, $2 + place - 1, i->>'rowId', i->>'kind', i->>'split',
       ARRAY(SELECT jsonb_array_elements_text(i->'eventIds')::uuid),
       ARRAY(SELECT jsonb_array_elements_text(i->'sourceIds')::uuid), i->>'contentHash', i->>'promptHash',
       ARRAY(SELECT jsonb_array_elements_text(i->'people')::uuid)
     FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS given (i, place)`,
    [datasetId, start, JSON.stringify(items)],
  );
}
