import type { EntityManager } from 'typeorm';
import type { DataKind } from '../contracts/dataset-formats.js';
import type { RunConfig } from '../contracts/runs.js';
import { listTrainedRows, type TrainedRows } from '../data/trained-rows.js';

/** Rows that are held out, and who is to be judged by them. */
export interface JudgingRows {
  versionId: string;
  /** What the version is still to be trained on before it is judged. */
  upcoming?: readonly TrainedRows[];
  datasetId: string;
  kind: DataKind;
}

/**
 * Held-out rows that cannot judge a version: their prompt is in what it, or a version that it comes from, was trained on. Which prompts a
 * dataset trained on is not known any more once that is deleted.
 *
 * @returns the rows' ids
 */
export async function listLearntRows(
  manager: EntityManager,
  { versionId, upcoming = [], datasetId, kind }: JudgingRows,
): Promise<Set<string>> {
  const trained = [...(await listTrainedOfLine(manager, versionId)), ...upcoming];
  const rows = await manager.query<{ id: string }[]>(
    `SELECT row_id AS id FROM dataset_items
     WHERE dataset_id = $1 AND kind = $2 AND split = 'held_out' AND prompt_hash IN (
       SELECT prompt_hash FROM dataset_items
       WHERE (dataset_id, kind) IN (SELECT * FROM unnest($3::uuid[], $4::text[])) AND split = 'train')`,
    [datasetId, kind, trained.map((part) => part.datasetId), trained.map((part) => part.kind)],
  );
  return new Set(rows.map(({ id }) => id));
}

/** What a version, and those that it comes from, were trained on. */
async function listTrainedOfLine(manager: EntityManager, versionId: string): Promise<TrainedRows[]> {
  const runs = await manager.query<{ config: RunConfig; datasetId: string }[]>(
    `WITH RECURSIVE line AS (
       SELECT id, origin, lineage FROM model_versions WHERE id = $1
       UNION SELECT v.id, v.origin, v.lineage FROM model_versions v
         JOIN line ON v.id = (line.origin->'start'->>'id')::uuid)
     SELECT lineage->'config' AS config, origin->'dataset'->>'id' AS "datasetId"
     FROM line WHERE origin IS NOT NULL AND lineage IS NOT NULL`,
    [versionId],
  );
  return runs.flatMap(({ config, datasetId }) => listTrainedRows(config, datasetId));
}
