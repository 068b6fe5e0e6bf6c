/** Who has a say in what becomes of a judged prompt: the people whose words it is, and the conversations that it was said in. */
import type { EntityManager } from 'typeorm';
import type { DataKind, DataSplit } from '../../common/contracts/dataset-formats.js';

export interface PromptOwners {
  /** The pair goes with any of them. */
  people: readonly string[];
  /** All of them have to allow what is said of the pair to be trained with; one that is gone does not. */
  conversationIds: readonly string[];
}

/** Of a prompt that nobody here said. */
export const nobody: PromptOwners = { people: [], conversationIds: [] };

/**
 * Where the act that a row came of was given. One that is gone went with its conversation: its own id stands for that, and no conversation
 * has it. What was said of a queue's pair comes from where the pair does.
 */
const conversationsOf = (eventIds: string) => `ARRAY(
  SELECT DISTINCT place.id
  FROM unnest(${eventIds}) AS said (event_id)
    LEFT JOIN feedback_events e ON e.id = said.event_id
    LEFT JOIN rating_pairs p ON p.id = e.rating_pair_id
    CROSS JOIN LATERAL unnest(CASE
      WHEN e.id IS NULL THEN ARRAY[said.event_id]
      WHEN e.conversation_id IS NOT NULL THEN ARRAY[e.conversation_id]
      ELSE p.conversation_ids END) AS place (id))`;

/** Of the rows of one file of a dataset, by the rows' ids. */
export async function readPromptOwners(
  manager: EntityManager,
  { id, kind, split }: { id: string; kind: DataKind; split: DataSplit },
): Promise<Map<string, PromptOwners>> {
  const rows = await manager.query<(PromptOwners & { rowId: string })[]>(
    `SELECT row_id AS "rowId", people, ${conversationsOf('event_ids')} AS "conversationIds"
     FROM dataset_items WHERE dataset_id = $1 AND kind = $2 AND split = $3`,
    [id, kind, split],
  );
  return new Map(rows.map(({ rowId, ...owners }) => [rowId, owners]));
}
