import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { AnswerDetails, Message } from '../../common/contracts/conversations.js';
import { noDetails } from './answer-details.js';
import { searchVector, toSearchText } from './search-text.js';

type FreshMessage = Pick<Message, 'conversationId' | 'parentId' | 'role' | 'content' | 'status'> &
  Partial<Pick<Message, 'editedFromId'>>;

/** A message that is about to be written, as its watchers will see it. */
export function toFreshMessage(fresh: FreshMessage): Message {
  const { conversationId, parentId, role, content, status, editedFromId = null } = fresh;
  return {
    id: randomUUID(),
    conversationId,
    parentId,
    role,
    content,
    status,
    createdAt: new Date().toISOString(),
    editedFromId,
    generation: role === 'assistant' && editedFromId === null ? noDetails : null,
  };
}

export type MessageToInsert = Omit<Message, 'conversationId' | 'generation'> & {
  generationId?: string;
  importedGeneration?: AnswerDetails | null;
};

/** Messages that one statement writes. */
const batchSize = 500;

/** Writes them in their order, searchable at once. A parent comes before its children. */
export async function insertMessages(
  manager: EntityManager,
  conversationId: string,
  messages: readonly MessageToInsert[],
): Promise<void> {
  for (let start = 0; start < messages.length; start += batchSize) {
    const rows = messages.slice(start, start + batchSize).map((message) => ({
      id: message.id,
      parent_id: message.parentId,
      edited_from_id: message.editedFromId,
      role: message.role,
      content: message.content,
      status: message.status,
      generation_id: message.generationId ?? null,
      imported_generation: message.importedGeneration ?? null,
      created_at: message.createdAt,
      ...toSearchText(message.content),
    }));
    await manager.query(insertBatch, [conversationId, JSON.stringify(rows)]);
  }
}

const insertBatch = `
  INSERT INTO messages (id, conversation_id, parent_id, edited_from_id, role, content, status, generation_id,
    imported_generation, created_at, search)
  SELECT id, $1, parent_id, edited_from_id, role, content, status, generation_id,
    imported_generation, created_at,
    ${searchVector('words', 'terms')}
  FROM ROWS FROM (jsonb_to_recordset($2) AS (
    id uuid, parent_id uuid, edited_from_id uuid, role text, content text, status text, generation_id uuid,
    imported_generation jsonb, created_at timestamptz, words text, terms text[]
  )) WITH ORDINALITY
  ORDER BY ordinality`;
