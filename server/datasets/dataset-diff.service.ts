import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { toArtefactPath } from '../../common/config/artefacts.js';
import { dataKinds, dataSplits, type DataKind } from '../../common/contracts/dataset-formats.js';
import type { DatasetDiff, DatasetRow } from '../../common/contracts/datasets.js';
import type { ServerConfig } from '../platform/server-config.js';
import { CONFIG } from '../platform/tokens.js';
import { getDataset } from './dataset-rows.js';
import { readSnapshotRows } from './snapshot/snapshot-reader.js';

type Change = 'added' | 'removed' | 'kept';
interface Changes {
  change: Change;
  kind: DataKind;
  count: number;
  moved: number;
}

const rowsShown = 10;

// By what a row says; rows that say the same are counted against each other.
const comparedItems = `
  WITH older AS (SELECT kind, content_hash, split, row_id,
      row_number() OVER (PARTITION BY content_hash ORDER BY position) AS copy
    FROM dataset_items WHERE dataset_id = $1),
  newer AS (SELECT kind, content_hash, split, row_id,
      row_number() OVER (PARTITION BY content_hash ORDER BY position) AS copy
    FROM dataset_items WHERE dataset_id = $2),
  compared AS (
    SELECT coalesce(older.kind, newer.kind) AS kind, older.row_id AS older_id, newer.row_id AS newer_id,
      older.split <> newer.split AS is_moved
    FROM older FULL JOIN newer USING (content_hash, copy))`;

@Injectable()
export class DatasetDiffService {
  constructor(
    private readonly db: DataSource,
    @Inject(CONFIG) private readonly config: ServerConfig,
  ) {}

  /** What `newerId` has that `olderId` has not, and the reverse. */
  async compare(olderId: string, newerId: string): Promise<DatasetDiff> {
    const older = await getDataset(this.db.manager, olderId);
    const newer = await getDataset(this.db.manager, newerId);
    const changes = await this.db.query<Changes[]>(
      `${comparedItems}
       SELECT CASE WHEN older_id IS NULL THEN 'added' WHEN newer_id IS NULL THEN 'removed' ELSE 'kept' END AS change,
         kind, count(*)::int AS count, count(*) FILTER (WHERE is_moved)::int AS moved
       FROM compared GROUP BY 1, 2`,
      [olderId, newerId],
    );
    const of = (change: Change) =>
      Object.fromEntries(
        changes.flatMap((row) => (row.change === change ? [[row.kind, row.count] as const] : [])),
      );
    return {
      added: of('added'),
      removed: of('removed'),
      kept: of('kept'),
      moved: changes.reduce((sum, { moved }) => sum + moved, 0),
      addedRows: await this.readSome(newer.folder, await this.findIds([olderId, newerId], 'newer_id')),
      removedRows: await this.readSome(older.folder, await this.findIds([olderId, newerId], 'older_id')),
    };
  }

  /** Ids of the first rows that one has alone. */
  private async findIds(
    datasets: readonly [string, string],
    side: 'older_id' | 'newer_id',
  ): Promise<Set<string>> {
    const other = side === 'older_id' ? 'newer_id' : 'older_id';
    const rows = await this.db.query<{ id: string }[]>(
      `${comparedItems} SELECT ${side} AS id FROM compared WHERE ${other} IS NULL ORDER BY 1 LIMIT ${rowsShown}`,
      [...datasets],
    );
    return new Set(rows.map(({ id }) => id));
  }

  private async readSome(folder: string, wanted: ReadonlySet<string>): Promise<DatasetRow[]> {
    const found: DatasetRow[] = [];
    const absolute = toArtefactPath(this.config.dataDir, folder);
    for (const kind of dataKinds)
      for (const split of dataSplits) {
        if (found.length === wanted.size) return found;
        for await (const row of readSnapshotRows(absolute, { kind, split }))
          if (wanted.has(row.id)) found.push(row);
      }
    return found;
  }
}
