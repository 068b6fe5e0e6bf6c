import type { EntityManager } from 'typeorm';
import type { Conversation, ConversationSummary } from '../../common/contracts/conversations.js';
import { AppError } from '../../common/contracts/errors.js';
import { ConversationEntity } from '../../common/database/conversation.entity.js';

/**
 * The conversation, if it is this person's: somebody else's is as good as none.
 *
 * @param lock  keeps others from changing it until the transaction ends
 * @throws AppError `RESOURCE_NOT_FOUND`
 */
export async function getOwnConversation(
  db: EntityManager,
  { userId, conversationId, lock = false }: { userId: string; conversationId: string; lock?: boolean },
): Promise<ConversationEntity> {
  const row = await db.findOne(ConversationEntity, {
    where: { id: conversationId, userId },
    ...(lock && { lock: { mode: 'pessimistic_write' as const } }),
  });
  if (!row) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'conversation' });
  return row;
}

export function toSummary(row: ConversationEntity): ConversationSummary {
  return {
    id: row.id,
    title: row.title,
    pinned: row.pinned,
    folderId: row.folderId,
    updatedAt: row.updatedAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
  };
}

export function toConversation(row: ConversationEntity): Conversation {
  return {
    ...toSummary(row),
    systemPrompt: row.systemPrompt,
    parameters: row.parameters,
    trainingConsent: row.trainingConsent,
    leafId: row.leafId,
    draft: row.draft,
  };
}
