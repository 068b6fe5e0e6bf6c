import type { EntityManager } from 'typeorm';
import type { DataKind } from '../contracts/dataset-formats.js';

/**
 * Held-out rows that cannot judge a version: their prompt is in what it, or a version that it comes from, was trained on. Which prompts a
 * dataset trained on is not known any more once that is deleted.
 *
 * @returns the rows' ids
 */
export async function listLearntRows(
  manager: EntityManager,
  { versionId, datasetId, kind }: { versionId: string; datasetId: string; kind: DataKind },
): Promise<Set<string>> {
  const rows = await manager.query<{ id: string }[]>(
    `WITH RECURSIVE line AS (
       SELECT id, origin FROM model_versions WHERE id = $1
       UNION SELECT v.id, v.origin FROM model_versions v JOIN line ON v.id = (line.origin->'start'->>'id')::uuid)
     SELECT row_id AS id FROM dataset_items
     WHERE dataset_id = $2 AND kind = $3 AND split = 'held_out' AND prompt_hash IN (
       SELECT learnt.prompt_hash FROM dataset_items learnt
         JOIN line ON learnt.dataset_id = (line.origin->'dataset'->>'id')::uuid WHERE learnt.split = 'train')`,
    [versionId, datasetId, kind],
  );
  return new Set(rows.map(({ id }) => id));
}
