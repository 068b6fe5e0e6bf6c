import type { EntityManager } from 'typeorm';

/**
 * What model versions are called, by their ids: now, or in the provenance of an answer that was rated where the version has been deleted.
 * An id that neither knows is missing.
 */
export async function readVersionNames(
  manager: EntityManager,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const rows = await manager.query<{ id: string; name: string }[]>(
    `SELECT asked.id, coalesce(v.name, (
       SELECT answer->'provenance'->>'modelName'
       FROM current_feedback f JOIN feedback_events e ON e.id = f.event_id, jsonb_array_elements(e.messages) AS answer
       WHERE f.answer_version_ids @> ARRAY[asked.id] AND answer->'provenance'->>'modelVersionId' = asked.id::text
       LIMIT 1)) AS name
     FROM unnest($1::uuid[]) AS asked (id) LEFT JOIN model_versions v ON v.id = asked.id`,
    [[...new Set(ids)]],
  );
  return new Map(rows.flatMap(({ id, name }) => (name === null ? [] : [[id, name] as const])));
}
