import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Message, MessageLogProbs } from '../../common/contracts/conversations.js';
import { AppError } from '../../common/contracts/errors.js';
import { ConversationEntity } from '../../common/database/conversation.entity.js';
import { MessageEntity } from '../../common/database/message.entity.js';
import { ImplicitFeedback } from '../feedback/implicit-feedback.service.js';
import { GenerationService } from '../generations/generation.service.js';
import { ChatEvents } from './chat-events.js';
import { assertRevealed, listBlindPartners } from './comparisons/comparison-rows.js';
import { getOwnConversation, toConversation } from './conversation-rows.js';
import { listMessagesById } from './message-rows.js';
import { insertMessages, toFreshMessage } from './message-insert.js';
import { findNewestLeaf, listSubtree, type TreeNode } from './tree-shape.js';

/** Changes of the tree that ask no model. */
@Injectable()
export class MessageService {
  constructor(
    private readonly db: DataSource,
    private readonly generations: GenerationService,
    private readonly events: ChatEvents,
    private readonly feedback: ImplicitFeedback,
  ) {}

  /** A sibling of an answer with a person's text: the answer stays, as what the model said. */
  async editAnswer(userId: string, messageId: string, content: string): Promise<Message> {
    const { edited, conversation } = await this.db.transaction(async (manager) => {
      const answer = await this.getOwnMessage(manager, userId, messageId);
      if (answer.role !== 'assistant') throw new AppError('CHAT_NOT_AN_ANSWER');
      if (answer.status === 'queued') throw new AppError('CHAT_ANSWER_RUNNING');
      await assertRevealed(manager, messageId);
      const edited = toFreshMessage({ ...answer, content, status: 'complete', editedFromId: answer.id });
      await insertMessages(manager, answer.conversationId, [edited]);
      await this.feedback.recordEdit(manager, { userId, edited, originalId: answer.id });
      const conversation = await this.show(manager, userId, answer.conversationId, edited.id);
      return { edited, conversation };
    });
    this.events.publish(edited.conversationId, { type: 'message.updated', message: edited });
    this.events.publish(edited.conversationId, { type: 'conversation.updated', conversation });
    return edited;
  }

  /** With everything below it. What is shown afterwards is the newest branch beside it, or ends at its parent. */
  async delete(userId: string, messageId: string): Promise<void> {
    const { conversationId, parentId } = await this.getOwnMessage(this.db.manager, userId, messageId);
    const { conversation, partnerIds, running } = await this.db.transaction(async (manager) => {
      const before = await getOwnConversation(manager, { userId, conversationId, lock: true });
      const nodes = await listShape(manager, conversationId);
      const deleted = listSubtree(nodes, messageId);
      const kept = nodes.filter(({ id }) => !deleted.has(id));
      const partnerIds = await listBlindPartners(manager, conversationId, [...deleted]);
      // One statement: see the migration for why the database does not do this by itself.
      await manager.query(`DELETE FROM messages WHERE id = ANY($1)`, [[...deleted]]);
      const isHidden = before.leafId === null || deleted.has(before.leafId);
      const leafId = isHidden ? findNewestLeaf(kept, parentId) : before.leafId;
      return {
        conversation: await this.show(manager, userId, conversationId, leafId),
        partnerIds,
        running: nodes.filter(({ id, isRunning }) => isRunning && deleted.has(id)),
      };
    });
    for (const { generationId } of running) if (generationId) await this.generations.stop(generationId);
    this.events.publish(conversationId, { type: 'message.deleted', conversationId, messageId });
    for (const message of await listMessagesById(this.db.manager, partnerIds))
      this.events.publish(conversationId, { type: 'message.updated', message });
    this.events.publish(conversationId, { type: 'conversation.updated', conversation });
  }

  async getLogProbs(userId: string, messageId: string): Promise<MessageLogProbs> {
    const { generationId } = await this.getOwnMessage(this.db.manager, userId, messageId);
    await assertRevealed(this.db.manager, messageId);
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
}

interface ShapeRow extends TreeNode {
  generationId: string | null;
  isRunning: boolean;
}

/** In order of creation. */
function listShape(manager: EntityManager, conversationId: string): Promise<ShapeRow[]> {
  return manager.query<ShapeRow[]>(
    `SELECT id, parent_id AS "parentId", generation_id AS "generationId", status = 'queued' AS "isRunning"
     FROM messages WHERE conversation_id = $1 ORDER BY sequence`,
    [conversationId],
  );
}
