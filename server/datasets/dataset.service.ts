import { rm } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, In, Not, type EntityManager } from 'typeorm';
import { toArtefactPath } from '../../common/config/artefacts.js';
import type { Dataset, DatasetItem, DatasetItemsQuery } from '../../common/contracts/datasets.js';
import { AppError } from '../../common/contracts/errors.js';
import { isEnded, runStates } from '../../common/contracts/run-records.js';
import { listTrainedRows } from '../../common/data/trained-rows.js';
import { DatasetEntity } from '../../common/database/dataset.entity.js';
import { RunEntity } from '../../common/database/run.entity.js';
import type { ServerConfig } from '../platform/server-config.js';
import { CONFIG } from '../platform/tokens.js';
import { getDataset, listPromptOrigins, listRowEvents, toDataset } from './dataset-rows.js';
import { removeJudgedCopies } from './snapshot/judged-copies.js';
import { readSnapshotRows } from './snapshot/snapshot-reader.js';
import type { StoredRow } from './rows/data-row.js';

/** Frozen datasets and what is in them. */
@Injectable()
export class DatasetService {
  constructor(
    private readonly db: DataSource,
    @Inject(CONFIG) private readonly config: ServerConfig,
  ) {}

  /** The newest first; with `eventId`, those that a feedback event went into. */
  async list({ eventId }: { eventId?: string } = {}): Promise<Dataset[]> {
    const found = this.db.manager.createQueryBuilder(DatasetEntity, 'd').orderBy('d.created_at', 'DESC');
    if (eventId)
      found.where(
        'EXISTS (SELECT FROM dataset_items i WHERE i.dataset_id = d.id AND i.event_ids @> ARRAY[:eventId]::uuid[])',
        { eventId },
      );
    return (await found.getMany()).map(toDataset);
  }

  async get(id: string): Promise<Dataset> {
    return toDataset(await getDataset(this.db.manager, id));
  }

  /** A page of rows with the events they go back to. */
  async listItems(id: string, { limit, offset, ...file }: DatasetItemsQuery): Promise<DatasetItem[]> {
    const { folder } = await getDataset(this.db.manager, id);
    const rows: StoredRow[] = [];
    let index = 0;
    for await (const row of readSnapshotRows(toArtefactPath(this.config.dataDir, folder), file)) {
      if (index++ >= offset) rows.push(row);
      if (rows.length === limit) break;
    }
    const origins = await listPromptOrigins(
      this.db.manager,
      rows.flatMap(({ sources = [] }) => sources),
    );
    const events = await listRowEvents(
      this.db.manager,
      rows.flatMap((row) => row.events),
    );
    return rows.map((row) => ({
      row,
      events: row.events.flatMap((event) => events.get(event) ?? []),
      origins: (row.sources ?? []).flatMap((source) => origins.get(source) ?? []),
    }));
  }

  /**
   * Runs that learnt from it keep their own figures. One that is to learn from it, or does, needs its rows to the end: whose feedback its
   * version learnt from is written down then. A run that is being made meanwhile holds it (see `holdDatasets`).
   *
   * @throws AppError `RESOURCE_NOT_FOUND`, `DATASET_IN_USE`
   */
  async delete(id: string): Promise<void> {
    const folder = await this.db.transaction(async (db) => {
      const dataset = await db.findOne(DatasetEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!dataset) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'dataset' });
      const run = await findRunOn(db, id);
      if (run)
        throw new AppError('DATASET_IN_USE', {
          dataset: `${dataset.name} v${dataset.version}`,
          run: run.name,
        });
      await removeJudgedCopies(db, this.config.dataDir, id);
      await db.delete(DatasetEntity, { id });
      return dataset.folder;
    });
    await rm(toArtefactPath(this.config.dataDir, folder), { recursive: true, force: true });
  }
}

/** One that is not over and reads the dataset. */
async function findRunOn(db: EntityManager, datasetId: string): Promise<Pick<RunEntity, 'name'> | undefined> {
  const runs = await db.find(RunEntity, {
    select: { id: true, name: true, config: true, datasetId: true },
    where: { state: Not(In(runStates.filter(isEnded))) },
  });
  return runs.find((run) =>
    listTrainedRows(run.config, run.datasetId).some((rows) => rows.datasetId === datasetId),
  );
}
