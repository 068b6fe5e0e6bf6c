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

/**
 * The newest generation of a message, as a row. It says how the answer ended, though a continuation that added nothing is not the one that
 * the message is of.
 *
 * @param messageId  as SQL
 */
export const lastGeneration = (messageId: string): string =>
  `(SELECT stop_reason, error FROM generations WHERE message_id = ${messageId} ORDER BY created_at DESC LIMIT 1)`;

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
         ELSE jsonb_build_object('stopReason', last.stop_reason, 'context', g.context, 'usage', g.usage,
           'timings', g.timings, 'provenance', g.provenance, 'error', last.error) END AS generation,
    ${isBlindSql('m')} AS "isBlind"
  FROM ${source} m LEFT JOIN generations g ON g.id = m.generation_id
    LEFT JOIN LATERAL ${lastGeneration('m.id')} last ON g.id IS NOT NULL`;

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
  createdAt: Date;
  parentId: string | null;
  /** Is it one side of a comparison without names? Told of the leaf alone. */
  isBlind: boolean;
}

const pathColumns = 'id, conversation_id, parent_id, role, content, status, created_at';

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
     SELECT id, role, content, status, created_at AS "createdAt",
       parent_id AS "parentId", depth = 0 AND ${isBlindSql('path')} AS "isBlind"
     FROM path ORDER BY depth DESC`,
    [conversationId, leafId],
  );
}
