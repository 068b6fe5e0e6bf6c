import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type {
  Conversation,
  ConversationSummary,
  ConversationTree,
  CreateConversation,
  UpdateConversation,
} from '../../common/contracts/conversations.js';
import { AppError } from '../../common/contracts/errors.js';
import { ConversationEntity } from '../../common/database/conversation.entity.js';
import { FolderEntity } from '../../common/database/folder.entity.js';
import { MessageEntity } from '../../common/database/message.entity.js';
import { GenerationService } from '../generations/generation.service.js';
import { ChatEvents } from './chat-events.js';
import { listComparisons } from './comparisons/comparison-rows.js';
import { getOwnConversation, toConversation, toSummary } from './conversation-rows.js';
import { listMessages } from './message-rows.js';

/** Conversations as wholes; what happens inside of one is AnswerService's and MessageService's. */
@Injectable()
export class ConversationService {
  constructor(
    private readonly db: DataSource,
    private readonly generations: GenerationService,
    private readonly events: ChatEvents,
  ) {}

  /** Pinned ones first, then by when something was last said. */
  async list(userId: string): Promise<ConversationSummary[]> {
    const rows = await this.db.manager.find(ConversationEntity, {
      select: { id: true, title: true, pinned: true, folderId: true, updatedAt: true, createdAt: true },
      where: { userId },
      order: { pinned: 'DESC', updatedAt: 'DESC', id: 'ASC' },
    });
    return rows.map(toSummary);
  }

  async create(userId: string, input: CreateConversation): Promise<Conversation> {
    await this.assertOwnFolder(this.db.manager, userId, input.folderId);
    const id = randomUUID();
    await this.db.manager.insert(ConversationEntity, {
      ...input,
      id,
      userId,
      titleSource: input.title === '' ? 'none' : 'person',
    });
    return toConversation(await getOwnConversation(this.db.manager, { userId, conversationId: id }));
  }

  async getTree(userId: string, conversationId: string): Promise<ConversationTree> {
    const row = await getOwnConversation(this.db.manager, { userId, conversationId });
    const { manager } = this.db;
    // The comparisons first: one that is revealed in between is then read with names that may be known, never the other way round.
    const comparisons = await listComparisons(manager, conversationId);
    return { ...toConversation(row), messages: await listMessages(manager, conversationId), comparisons };
  }

  async update(userId: string, conversationId: string, change: UpdateConversation): Promise<Conversation> {
    const row = await this.db.transaction(async (manager) => {
      const before = await getOwnConversation(manager, { userId, conversationId, lock: true });
      await this.assertOwnFolder(manager, userId, change.folderId);
      await assertOwnLeaf(manager, conversationId, change.leafId);
      const titleSource = change.title === undefined ? before.titleSource : 'person';
      await manager.update(ConversationEntity, { id: conversationId }, { ...change, titleSource });
      return getOwnConversation(manager, { userId, conversationId });
    });
    const conversation = toConversation(row);
    this.events.publish(conversationId, { type: 'conversation.updated', conversation });
    return conversation;
  }

  async delete(userId: string, conversationId: string): Promise<void> {
    await getOwnConversation(this.db.manager, { userId, conversationId });
    const running = await this.db.query<{ id: string }[]>(
      `SELECT generation_id AS id FROM messages
       WHERE conversation_id = $1 AND status = 'queued' AND generation_id IS NOT NULL`,
      [conversationId],
    );
    for (const { id } of running) await this.generations.stop(id);
    await this.db.manager.delete(ConversationEntity, { id: conversationId, userId });
    this.events.publish(conversationId, { type: 'conversation.deleted', conversationId });
  }

  private async assertOwnFolder(
    manager: EntityManager,
    userId: string,
    folderId: string | null | undefined,
  ): Promise<void> {
    if (folderId && !(await manager.existsBy(FolderEntity, { id: folderId, userId })))
      throw new AppError('RESOURCE_NOT_FOUND', { resource: 'folder' });
  }
}

async function assertOwnLeaf(
  manager: EntityManager,
  conversationId: string,
  leafId: string | null | undefined,
): Promise<void> {
  if (leafId && !(await manager.existsBy(MessageEntity, { id: leafId, conversationId })))
    throw new AppError('RESOURCE_NOT_FOUND', { resource: 'message' });
}
