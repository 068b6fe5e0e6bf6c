import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Message, MessageLogProbs } from '../../common/contracts/conversations.js';
import { AppError } from '../../common/contracts/errors.js';
import { ConversationEntity } from '../../common/database/conversation.entity.js';
import { MessageEntity } from '../../common/database/message.entity.js';
import { GenerationService } from '../generations/generation.service.js';
import { ChatEvents } from './chat-events.js';
import { getOwnConversation, toConversation } from './conversation-rows.js';
import { insertMessage, toFreshMessage } from './message-insert.js';

/** Changes of the tree that ask no model. */
@Injectable()
export class MessageService {
  constructor(
    private readonly db: DataSource,
    private readonly generations: GenerationService,
    private readonly events: ChatEvents,
  ) {}

  /** A sibling of an answer with a person's text: the answer stays, as what the model said. */
  async editAnswer(userId: string, messageId: string, content: string): Promise<Message> {
    const { edited, conversation } = await this.db.transaction(async (manager) => {
      const answer = await this.getOwnMessage(manager, userId, messageId);
      if (answer.role !== 'assistant') throw new AppError('CHAT_NOT_AN_ANSWER');
      if (answer.status === 'queued') throw new AppError('CHAT_ANSWER_RUNNING');
      const edited = toFreshMessage({ ...answer, content, status: 'complete', editedFromId: answer.id });
      await insertMessage(manager, edited);
      const conversation = await this.show(manager, userId, answer.conversationId, edited.id);
      return { edited, conversation };
    });
    this.events.publish(edited.conversationId, { type: 'message.updated', message: edited });
    this.events.publish(edited.conversationId, { type: 'conversation.updated', conversation });
    return edited;
  }

  /** With everything below it. What is shown afterwards is the newest branch beside it, or ends at its parent. */
  async delete(userId: string, messageId: string): Promise<void> {
    const message = await this.getOwnMessage(this.db.manager, userId, messageId);
    const { conversationId } = message;
    for (const id of await this.listRunningBelow(messageId)) await this.generations.stop(id);
    const conversation = await this.db.transaction(async (manager) => {
      const before = await getOwnConversation(manager, { userId, conversationId, lock: true });
      // One statement: see the migration for why the database does not do this by itself.
      await manager.query(
        `WITH RECURSIVE subtree AS (
           SELECT id FROM messages WHERE id = $1
           UNION ALL SELECT m.id FROM subtree JOIN messages m ON m.parent_id = subtree.id
         ) DELETE FROM messages WHERE id IN (SELECT id FROM subtree)`,
        [messageId],
      );
      const shown = before.leafId && (await manager.existsBy(MessageEntity, { id: before.leafId }));
      const leafId = shown ? before.leafId : await findNewestLeaf(manager, conversationId, message.parentId);
      return this.show(manager, userId, conversationId, leafId);
    });
    this.events.publish(conversationId, { type: 'message.deleted', conversationId, messageId });
    this.events.publish(conversationId, { type: 'conversation.updated', conversation });
  }

  async getLogProbs(userId: string, messageId: string): Promise<MessageLogProbs> {
    const { generationId } = await this.getOwnMessage(this.db.manager, userId, messageId);
    const [generation] = generationId
      ? await this.generations.result([generationId], { logProbs: true })
      : [];
    return { tokens: generation?.logProbs ?? [] };
  }

  private async getOwnMessage(
    manager: EntityManager,
    userId: string,
    messageId: string,
  ): Promise<MessageEntity> {
    const message = await manager.findOneBy(MessageEntity, { id: messageId });
    const isOwn =
      message && (await manager.existsBy(ConversationEntity, { id: message.conversationId, userId }));
    if (!isOwn) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'message' });
    return message;
  }

  private async show(manager: EntityManager, userId: string, conversationId: string, leafId: string | null) {
    await manager.update(ConversationEntity, { id: conversationId }, { leafId });
    return toConversation(await getOwnConversation(manager, { userId, conversationId }));
  }

  private async listRunningBelow(messageId: string): Promise<string[]> {
    const rows = await this.db.query<{ id: string }[]>(
      `WITH RECURSIVE subtree AS (
         SELECT id, status, generation_id FROM messages WHERE id = $1
         UNION ALL
         SELECT m.id, m.status, m.generation_id FROM subtree JOIN messages m ON m.parent_id = subtree.id
       ) SELECT generation_id AS id FROM subtree WHERE status = 'queued' AND generation_id IS NOT NULL`,
      [messageId],
    );
    return rows.map(({ id }) => id);
  }
}

/** Below `fromId` (null: the roots), always by the newest child; `fromId` itself where nothing is below it. */
async function findNewestLeaf(
  manager: EntityManager,
  conversationId: string,
  fromId: string | null,
): Promise<string | null> {
  const [leaf] = await manager.query<{ id: string }[]>(
    `WITH RECURSIVE branch AS (
       (SELECT id, 0 AS depth FROM messages
        WHERE conversation_id = $1 AND parent_id IS NOT DISTINCT FROM $2 ORDER BY sequence DESC LIMIT 1)
       UNION ALL
       SELECT child.id, branch.depth + 1 FROM branch CROSS JOIN LATERAL
         (SELECT id FROM messages WHERE parent_id = branch.id ORDER BY sequence DESC LIMIT 1) AS child
     ) SELECT id FROM branch ORDER BY depth DESC LIMIT 1`,
    [conversationId, fromId],
  );
  return leaf?.id ?? fromId;
}
