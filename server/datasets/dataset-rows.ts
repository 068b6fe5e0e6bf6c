/** Reading the two tables of datasets. */
import type { EntityManager } from 'typeorm';
import type { DataKind, DataSplit } from '../../common/contracts/dataset-formats.js';
import type { Dataset, RowEvent } from '../../common/contracts/datasets.js';
import { AppError } from '../../common/contracts/errors.js';
import { DatasetEntity } from '../../common/database/dataset.entity.js';
import { DatasetItemEntity } from '../../common/database/dataset-item.entity.js';

/** @throws AppError `RESOURCE_NOT_FOUND` */
export async function getDataset(manager: EntityManager, id: string): Promise<DatasetEntity> {
  const dataset = await manager.findOneBy(DatasetEntity, { id });
  if (!dataset) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'dataset' });
  return dataset;
}

export function toDataset({ folder: _, createdAt, ...dataset }: DatasetEntity): Dataset {
  return { ...dataset, createdAt: createdAt.toISOString() };
}

/** Whose words the rows of one file are, by the rows' ids. */
export async function readDatasetOrigins(
  manager: EntityManager,
  { id, kind, split }: { id: string; kind: DataKind; split: DataSplit },
): Promise<Map<string, string[]>> {
  const items = await manager.find(DatasetItemEntity, {
    select: { datasetId: true, position: true, rowId: true, people: true },
    where: { datasetId: id, kind, split },
  });
  return new Map(items.map(({ rowId, people }) => [rowId, people]));
}

/** Those of `ids` that are still there. */
export async function listRowEvents(
  manager: EntityManager,
  ids: readonly string[],
): Promise<Map<string, RowEvent>> {
  const rows = await manager.query<(Omit<RowEvent, 'createdAt'> & { createdAt: Date })[]>(
    `SELECT id, kind, user_id AS "userId", conversation_id AS "conversationId", created_at AS "createdAt",
       ARRAY(SELECT jsonb_array_elements(messages)->>'messageId') AS "messageIds"
     FROM feedback_events WHERE id = ANY($1::uuid[])`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, { ...row, createdAt: row.createdAt.toISOString() }]));
}
