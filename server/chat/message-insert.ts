import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Message } from '../../common/contracts/conversations.js';
import { toSearchText } from './search-text.js';

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
    generation:
      role === 'assistant' && editedFromId === null
        ? { stopReason: null, context: null, usage: null, timings: null, provenance: null, error: null }
        : null,
  };
}

/** Writes it, searchable at once. */
export async function insertMessage(manager: EntityManager, message: Message): Promise<void> {
  const { words, terms } = toSearchText(message.content);
  await manager.query(
    `INSERT INTO messages (id, conversation_id, parent_id, role, content, status, edited_from_id, created_at, search)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, to_tsvector('english', $9) || array_to_tsvector($10::text[]))`,
    [
      message.id,
      message.conversationId,
      message.parentId,
      message.role,
      message.content,
      message.status,
      message.editedFromId,
      message.createdAt,
      words,
      terms,
    ],
  );
}
