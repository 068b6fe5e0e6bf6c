import type { EntityManager } from 'typeorm';
import { listTrainedRows } from '../../common/data/trained-rows.js';
import type { RunEntity } from '../../common/database/run.entity.js';

/**
 * Remembers whose feedback a version was trained on: the rows that its run learnt from (of a dataset's kinds the one that the run reads,
 * and what was mixed in), and all that the version it began as had learnt from. Whoever erases some of it later marks the version (see the
 * migration of `model_version_events`).
 */
export async function rememberSources(
  manager: EntityManager,
  versionId: string,
  run: Pick<RunEntity, 'config' | 'datasetId' | 'startVersionId'>,
): Promise<void> {
  const trained = listTrainedRows(run.config, run.datasetId);
  await manager.query(
    `INSERT INTO model_version_events (model_version_id, event_id, is_counted)
     SELECT $1, e.id, EXISTS (SELECT FROM current_feedback f WHERE f.event_id = e.id AND NOT f.is_withdrawn)
     FROM feedback_events e
     WHERE e.id IN (
       SELECT unnest(event_ids) FROM dataset_items
       WHERE (dataset_id, kind) IN (SELECT * FROM unnest($2::uuid[], $3::text[])) AND split = 'train'
       UNION SELECT event_id FROM model_version_events WHERE model_version_id = $4)
     ON CONFLICT DO NOTHING`,
    [
      versionId,
      trained.map(({ datasetId }) => datasetId),
      trained.map(({ kind }) => kind),
      run.startVersionId,
    ],
  );
  // What it took people to say what the version before had not learnt from: asked later, some of it may be erased.
  await manager.query(
    `UPDATE model_versions v SET label_count = taught.count, label_ms = taught.ms
     FROM (SELECT count(*) AS count, coalesce(sum(e.taken_ms), 0) AS ms FROM feedback_events e
       WHERE e.id IN (
         SELECT event_id FROM model_version_events WHERE model_version_id = $1
         EXCEPT SELECT event_id FROM model_version_events WHERE model_version_id = $2)) AS taught
     WHERE v.id = $1`,
    [versionId, run.startVersionId],
  );
  // What was erased from the one before has gone from it, and has not gone from what was learnt.
  await manager.query(
    `UPDATE model_versions v SET erased_sources = v.erased_sources + began.erased_sources
     FROM model_versions began WHERE v.id = $1 AND began.id = $2`,
    [versionId, run.startVersionId],
  );
}
