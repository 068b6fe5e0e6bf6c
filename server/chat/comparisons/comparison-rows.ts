/** Blind comparisons in the database, and the one question that everybody asks of them: must this answer stay nameless? */
import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Comparison } from '../../../common/contracts/comparisons.js';
import { AppError } from '../../../common/contracts/errors.js';

type ComparisonRow = Omit<Comparison, 'createdAt' | 'revealedAt'> & {
  createdAt: Date;
  revealedAt: Date | null;
};

const columns = `c.id, c.conversation_id AS "conversationId", c.parent_id AS "parentId", c.left_id AS "leftId",
  c.right_id AS "rightId", c.origin, c.created_at AS "createdAt", c.revealed_at AS "revealedAt"`;

/**
 * True of a message that is one side of a comparison without names.
 *
 * @param message  alias of `messages` in the statement that this is part of
 */
export const isBlindSql = (message: string): string => `
  (${message}.role = 'assistant' AND EXISTS (
    SELECT FROM comparisons blind
    WHERE blind.conversation_id = ${message}.conversation_id AND blind.revealed_at IS NULL
      AND ${message}.id IN (blind.left_id, blind.right_id)))`;

/** In order of creation. */
export async function listComparisons(db: EntityManager, conversationId: string): Promise<Comparison[]> {
  const rows = await db.query<ComparisonRow[]>(
    `SELECT ${columns} FROM comparisons c WHERE c.conversation_id = $1 ORDER BY c.created_at, c.id`,
    [conversationId],
  );
  return rows.map(toComparison);
}

/**
 * The comparison, if it is in a conversation of this person's.
 *
 * @throws AppError `RESOURCE_NOT_FOUND`, also when it, one of its answers or its conversation was deleted
 */
export async function getOwnComparison(
  db: EntityManager,
  { userId, comparisonId }: { userId: string; comparisonId: string },
): Promise<Comparison> {
  const [row] = await db.query<ComparisonRow[]>(
    `SELECT ${columns} FROM comparisons c JOIN conversations o ON o.id = c.conversation_id
     WHERE c.id = $1 AND o.user_id = $2`,
    [comparisonId, userId],
  );
  if (!row) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'comparison' });
  return toComparison(row);
}

/** Both answers are written already. */
export async function insertComparison(
  db: EntityManager,
  fresh: Pick<Comparison, 'conversationId' | 'parentId' | 'leftId' | 'rightId' | 'origin'>,
): Promise<Comparison> {
  const [row] = await db.query<ComparisonRow[]>(
    `INSERT INTO comparisons AS c (id, conversation_id, parent_id, left_id, right_id, origin)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${columns}`,
    [randomUUID(), fresh.conversationId, fresh.parentId, fresh.leftId, fresh.rightId, fresh.origin],
  );
  if (!row) throw new TypeError('a comparison that was just written is not there');
  return toComparison(row);
}

/** Answers that a deletion leaves without the one they are compared with: their comparisons go, and they are nameless no more. */
export async function listBlindPartners(
  db: EntityManager,
  conversationId: string,
  deletedIds: readonly string[],
): Promise<string[]> {
  const rows = await db.query<{ id: string }[]>(
    `SELECT kept.id FROM comparisons c CROSS JOIN LATERAL (VALUES (c.left_id, c.right_id), (c.right_id, c.left_id)) AS kept (id, gone)
     WHERE c.conversation_id = $1 AND c.revealed_at IS NULL AND kept.gone = ANY($2) AND NOT kept.id = ANY($2)`,
    [conversationId, deletedIds],
  );
  return rows.map(({ id }) => id);
}

/** Lifts the blindness; one that was lifted before stays as it is. */
export async function revealComparison(db: EntityManager, comparisonId: string): Promise<void> {
  await db.query(`UPDATE comparisons SET revealed_at = now() WHERE id = $1 AND revealed_at IS NULL`, [
    comparisonId,
  ]);
}

/** @throws AppError `FEEDBACK_COMPARISON_OPEN` where the message is one side of a comparison without names */
export async function assertRevealed(db: EntityManager, messageId: string): Promise<void> {
  const [row] = await db.query<{ isBlind: boolean }[]>(
    `SELECT ${isBlindSql('m')} AS "isBlind" FROM messages m WHERE m.id = $1`,
    [messageId],
  );
  if (row?.isBlind) throw new AppError('FEEDBACK_COMPARISON_OPEN');
}

function toComparison({ createdAt, revealedAt, ...row }: ComparisonRow): Comparison {
  return {
    ...row,
    createdAt: createdAt.toISOString(),
    revealedAt: revealedAt?.toISOString() ?? null,
  };
}
