import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Message } from '../../common/contracts/conversations.js';
import { AppError } from '../../common/contracts/errors.js';
import { ConversationEntity } from '../../common/database/conversation.entity.js';
import type { FeedbackEvent, GiveThumb } from '../../common/contracts/feedback.js';
import { assertRevealed } from '../chat/comparisons/comparison-rows.js';
import { listMessagesById } from '../chat/message-rows.js';
import { FeedbackLedger } from './feedback-ledger.service.js';
import { GuidelineService } from './guideline.service.js';
import { assertRateable } from './rateable.js';

/** Thumbs of the people who chat, on the answers that they got. */
@Injectable()
export class ThumbService {
  constructor(
    private readonly db: DataSource,
    private readonly ledger: FeedbackLedger,
    private readonly guidelines: GuidelineService,
  ) {}

  /** Gives, changes or takes back a thumb. Every thumb is whole: switching it keeps nothing of the one before. */
  async give(userId: string, messageId: string, thumb: GiveThumb): Promise<FeedbackEvent> {
    const message = await this.getOwnAnswer(userId, messageId);
    const { value, tags, score, comment, durationMs, clientVersion } = thumb;
    if (value) await this.guidelines.assertTags(tags, value);
    return this.ledger.record({
      userId,
      kind: 'thumb',
      subjectId: messageId,
      conversationId: message.conversationId,
      payload: value
        ? { kind: 'thumb', value, tags: [...new Set(tags)].sort(), score, comment }
        : { kind: 'withdrawn' },
      messages: [{ messageId, role: 'rated', provenance: message.generation?.provenance ?? null }],
      durationMs,
      clientVersion,
    });
  }

  private async getOwnAnswer(userId: string, messageId: string): Promise<Message> {
    const [message] = await listMessagesById(this.db.manager, [messageId]);
    const isOwn =
      message && (await this.db.manager.existsBy(ConversationEntity, { id: message.conversationId, userId }));
    // The same words for another's as for none, so that nobody learns which ids there are.
    if (!isOwn) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'message' });
    await assertRevealed(this.db.manager, messageId);
    assertRateable(message);
    return message;
  }
}
