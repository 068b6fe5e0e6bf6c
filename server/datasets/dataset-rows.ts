/** Reading the two tables of datasets. */
import type { EntityManager } from 'typeorm';
import type { DataKind, DataSplit } from '../../common/contracts/dataset-formats.js';
import type { Dataset, PromptOrigin, RowEvent } from '../../common/contracts/datasets.js';
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

/** Messages and prompts of sets among `ids` that are still there. */
export async function listPromptOrigins(
  manager: EntityManager,
  ids: readonly string[],
): Promise<Map<string, PromptOrigin>> {
  if (ids.length === 0) return new Map();
  const messages = await manager.query<
    { id: string; conversationId: string; userId: string; createdAt: Date }[]
  >(
    `SELECT m.id, c.id AS "conversationId", c.user_id AS "userId", m.created_at AS "createdAt"
     FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.id = ANY($1::uuid[])`,
    [ids],
  );
  const prompts = await manager.query<{ id: string; setId: string; setName: string }[]>(
    `SELECT p.id, s.id AS "setId", s.name AS "setName"
     FROM prompts p JOIN prompt_sets s ON s.id = p.set_id WHERE p.id = ANY($1::uuid[])`,
    [ids],
  );
  const origins: PromptOrigin[] = [
    ...messages.map((row) => ({ type: 'message' as const, ...row, createdAt: row.createdAt.toISOString() })),
    ...prompts.map((row) => ({ type: 'prompt_set' as const, ...row })),
  ];
  return new Map(origins.map((origin) => [origin.id, origin]));
}
