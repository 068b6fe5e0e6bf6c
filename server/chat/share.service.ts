import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Share, SharedConversation } from '../../common/contracts/conversations.js';
import { AppError } from '../../common/contracts/errors.js';
import { ShareEntity } from '../../common/database/share.entity.js';
import { drawToken, hashToken } from '../auth/token.js';
import { getOwnConversation } from './conversation-rows.js';
import { listPath } from './message-rows.js';

/** Read-only links. A link shows the branch as it was: what is said later, or in other branches, stays private. */
@Injectable()
export class ShareService {
  constructor(private readonly db: DataSource) {}

  async list(userId: string, conversationId: string): Promise<Share[]> {
    await getOwnConversation(this.db.manager, { userId, conversationId });
    const rows = await this.db.manager.find(ShareEntity, {
      where: { conversationId },
      order: { createdAt: 'ASC' },
    });
    return rows.map(({ id, createdAt }) => ({ id, path: null, createdAt: createdAt.toISOString() }));
  }

  /** @throws AppError `CHAT_ANSWER_RUNNING` */
  async create(userId: string, conversationId: string): Promise<Share> {
    const { manager } = this.db;
    const { title, leafId } = await getOwnConversation(manager, { userId, conversationId });
    const path = leafId === null ? [] : await listPath(manager, conversationId, leafId);
    // A link never changes: half an answer, or none, would stay all that it shows.
    if (path.some(({ status }) => status === 'queued')) throw new AppError('CHAT_ANSWER_RUNNING');
    const createdAt = new Date();
    const snapshot: SharedConversation = {
      title,
      createdAt: createdAt.toISOString(),
      messages: path.map((message) => ({
        id: message.id,
        parentId: message.parentId,
        role: message.role,
        content: message.content,
        createdAt: message.createdAt.toISOString(),
      })),
    };
    const id = randomUUID();
    const token = drawToken();
    await manager.insert(ShareEntity, {
      id,
      conversationId,
      tokenHash: hashToken(token),
      snapshot,
      createdAt,
    });
    return { id, path: `/share/${token}`, createdAt: createdAt.toISOString() };
  }

  async revoke(userId: string, shareId: string): Promise<void> {
    const [revoked] = await this.db.query<[{ id: string }[], number]>(
      `DELETE FROM shares USING conversations c
       WHERE shares.id = $1 AND c.id = shares.conversation_id AND c.user_id = $2 RETURNING shares.id`,
      [shareId, userId],
    );
    if (revoked.length === 0) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'share' });
  }

  /** For anyone who has the link. */
  async getShared(token: string): Promise<SharedConversation> {
    const share = await this.db.manager.findOne(ShareEntity, {
      select: { id: true, snapshot: true },
      where: { tokenHash: hashToken(token) },
    });
    if (!share) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'shared conversation' });
    return share.snapshot;
  }
}
