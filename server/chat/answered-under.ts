import type { EntityManager } from 'typeorm';

/**
 * The system prompts that answers were given under, which their conversations may have changed since: of the request that made the answer,
 * or made what it was edited from; of the conversation where there was none, as of imported ones.
 *
 * @returns by the ids of the messages; an empty text for none
 */
export async function readSystemPrompts(
  manager: EntityManager,
  messageIds: readonly string[],
): Promise<Map<string, string>> {
  if (messageIds.length === 0) return new Map();
  const rows = await manager.query<{ id: string; systemPrompt: string }[]>(
    `SELECT m.id, CASE WHEN g.id IS NULL THEN c.system_prompt
         WHEN g.request->'turns'->0->>'role' = 'system' THEN g.request->'turns'->0->>'content'
         ELSE '' END AS "systemPrompt"
     FROM messages m JOIN conversations c ON c.id = m.conversation_id
       LEFT JOIN messages original ON original.id = m.edited_from_id
       LEFT JOIN generations g ON g.id = coalesce(m.generation_id, original.generation_id)
     WHERE m.id = ANY($1)`,
    [messageIds],
  );
  return new Map(rows.map(({ id, systemPrompt }) => [id, systemPrompt]));
}
