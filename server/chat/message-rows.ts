/** Messages as they are shown, read with the generations that are still writing some of them. */
import type { EntityManager } from 'typeorm';
import type {
  AnswerDetails,
  Message,
  MessageRole,
  MessageStatus,
} from '../../common/contracts/conversations.js';
import { toBlindDetails } from './answer-details.js';
import { isBlindSql } from './comparisons/comparison-rows.js';

export interface MessageRow {
  id: string;
  conversationId: string;
  parentId: string | null;
  role: MessageRole;
  content: string;
  status: MessageStatus;
  createdAt: Date;
  editedFromId: string | null;
  generation: AnswerDetails | null;
  isBlind: boolean;
}

/** A continuation that failed before it began is not the generation that the message is of. */
const errorSql = `CASE WHEN m.status = 'failed' THEN coalesce(g.error, (
    SELECT last.error FROM generations last WHERE last.message_id = m.id ORDER BY last.created_at DESC LIMIT 1
  )) ELSE g.error END`;

/**
 * Rows of messages; a generation that is gone without having ended its message cannot end it any more.
 *
 * @param source  the table `messages`, or rows of it in the statement that this is part of; `m` in what follows
 */
export const selectMessages = (source: string): string => `
  SELECT m.id, m.conversation_id AS "conversationId", m.parent_id AS "parentId", m.role,
    CASE WHEN m.status = 'queued' AND g.text <> '' THEN g.text ELSE m.content END AS content,
    CASE WHEN m.status <> 'queued' THEN m.status
         WHEN g.status = 'running' THEN 'streaming'
         ELSE coalesce(g.status, 'failed') END AS status,
    m.created_at AS "createdAt", m.edited_from_id AS "editedFromId",
    CASE WHEN g.id IS NULL THEN m.imported_generation
         ELSE jsonb_build_object('stopReason', g.stop_reason, 'context', g.context, 'usage', g.usage,
           'timings', g.timings, 'provenance', g.provenance, 'error', ${errorSql}) END AS generation,
    ${isBlindSql('m')} AS "isBlind"
  FROM ${source} m LEFT JOIN generations g ON g.id = m.generation_id`;

/** The whole tree, in order of creation. */
export async function listMessages(db: EntityManager, conversationId: string): Promise<Message[]> {
  const rows = await db.query<MessageRow[]>(
    `${selectMessages('messages')} WHERE m.conversation_id = $1 ORDER BY m.sequence`,
    [conversationId],
  );
  return rows.map(toMessage);
}

/** Those of `ids` that exist, in order of creation. */
export async function listMessagesById(db: EntityManager, ids: readonly string[]): Promise<Message[]> {
  const rows = await db.query<MessageRow[]>(
    `${selectMessages('messages')} WHERE m.id = ANY($1) ORDER BY m.sequence`,
    [ids],
  );
  return rows.map(toMessage);
}

export function toMessage({ isBlind, generation, createdAt, ...row }: MessageRow): Message {
  return {
    ...row,
    createdAt: createdAt.toISOString(),
    generation: isBlind && generation ? toBlindDetails(generation) : generation,
  };
}

export interface PathMessage {
  id: string;
  role: MessageRole;
  content: string;
  status: 'queued' | 'complete' | 'stopped' | 'failed';
  generationId: string | null;
  createdAt: Date;
  parentId: string | null;
  /** Is it one side of a comparison without names? Told of the leaf alone. */
  isBlind: boolean;
}

const pathColumns = 'id, conversation_id, parent_id, role, content, status, generation_id, created_at';

/** The branch from its root to `leafId`; empty when that is no message of this conversation. */
export async function listPath(
  db: EntityManager,
  conversationId: string,
  leafId: string,
): Promise<PathMessage[]> {
  // The lateral subquery keeps Postgres, when it knows nothing of the table yet, from reading all of it once per step.
  return db.query<PathMessage[]>(
    `WITH RECURSIVE path AS (
       SELECT ${pathColumns}, 0 AS depth FROM messages WHERE conversation_id = $1 AND id = $2
       UNION ALL
       SELECT parent.*, path.depth + 1 FROM path CROSS JOIN LATERAL
         (SELECT ${pathColumns} FROM messages WHERE id = path.parent_id OFFSET 0) AS parent
     )
     SELECT id, role, content, status, generation_id AS "generationId", created_at AS "createdAt",
       parent_id AS "parentId", depth = 0 AND ${isBlindSql('path')} AS "isBlind"
     FROM path ORDER BY depth DESC`,
    [conversationId, leafId],
  );
}
