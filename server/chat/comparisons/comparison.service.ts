/** The end of a blind comparison: its vote, a changed one, or its being skipped. Whoever owns the conversation is its one voter. */
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Message } from '../../../common/contracts/conversations.js';
import { AppError } from '../../../common/contracts/errors.js';
import type { Reveal, Vote, VoteResult } from '../../../common/contracts/feedback.js';
import { ConversationEntity } from '../../../common/database/conversation.entity.js';
import { FeedbackLedger } from '../../feedback/feedback-ledger.service.js';
import { GuidelineService } from '../../feedback/guideline.service.js';
import { assertRateable } from '../../feedback/rateable.js';
import { ChatEvents } from '../chat-events.js';
import { getOwnConversation, toConversation } from '../conversation-rows.js';
import { listMessagesById } from '../message-rows.js';
import { getOwnComparison, revealComparison } from './comparison-rows.js';

interface Revealed extends Reveal {
  conversation: ConversationEntity;
}

@Injectable()
export class ComparisonService {
  constructor(
    private readonly db: DataSource,
    private readonly ledger: FeedbackLedger,
    private readonly guidelines: GuidelineService,
    private readonly events: ChatEvents,
  ) {}

  /**
   * Records which answer is better, lifts the blindness, and shows the branch of the better one where nothing was said below either.
   *
   * Two tabs that vote at once are put in a row by the lock on the conversation: the later vote is a change of mind, the same one changes
   * nothing. A vote after the reveal counts as said, and tells by its time that it was not blind.
   *
   * @throws AppError where an answer cannot be judged; no vote was given then, and nothing was revealed
   */
  async vote(userId: string, comparisonId: string, vote: Vote): Promise<VoteResult> {
    await this.guidelines.assertTags(vote.tags, 'comparison');
    await this.guidelines.assertCriteria(Object.keys(vote.criteria));
    const { conversation, event, ...reveal } = await this.db.transaction(async (manager) => {
      const revealed = await this.reveal(manager, userId, comparisonId);
      assertRateable(revealed.left);
      assertRateable(revealed.right);
      await this.showChosen(manager, revealed, vote.outcome);
      return { ...revealed, event: await this.record(manager, userId, revealed, vote) };
    });
    this.tell({ conversation, ...reveal });
    return { ...reveal, event };
  }

  /** Lifts the blindness without a vote; both answers stay as branches. */
  async skip(userId: string, comparisonId: string): Promise<Reveal> {
    const revealed = await this.db.transaction((manager) => this.reveal(manager, userId, comparisonId));
    this.tell(revealed);
    const { conversation: _, ...reveal } = revealed;
    return reveal;
  }

  /** Ends a comparison that nobody has to judge: the better answer goes on. One that has ended stays as it is. */
  async fold(userId: string, comparisonId: string, better: 'left' | 'right'): Promise<void> {
    const folded = await this.db.transaction(async (manager) => {
      const { conversationId } = await getOwnComparison(manager, { userId, comparisonId });
      await getOwnConversation(manager, { userId, conversationId, lock: true });
      const { revealedAt } = await getOwnComparison(manager, { userId, comparisonId });
      if (revealedAt !== null) return null;
      const revealed = await this.reveal(manager, userId, comparisonId);
      await this.showChosen(manager, revealed, better);
      return revealed;
    });
    if (folded) this.tell(folded);
  }

  private async reveal(manager: EntityManager, userId: string, comparisonId: string): Promise<Revealed> {
    const { conversationId } = await getOwnComparison(manager, { userId, comparisonId });
    const conversation = await getOwnConversation(manager, { userId, conversationId, lock: true });
    await revealComparison(manager, comparisonId);
    const comparison = await getOwnComparison(manager, { userId, comparisonId });
    const messages = await listMessagesById(manager, [comparison.leftId, comparison.rightId]);
    const left = messages.find(({ id }) => id === comparison.leftId);
    const right = messages.find(({ id }) => id === comparison.rightId);
    if (!left || !right) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'comparison' });
    return { comparison, left, right, conversation };
  }

  private record(manager: EntityManager, userId: string, { comparison, left, right }: Reveal, vote: Vote) {
    const { outcome, tags, criteria, comment, durationMs, clientVersion } = vote;
    const provenanceOf = ({ generation }: Message) => generation?.provenance ?? null;
    return this.ledger.record(
      {
        userId,
        kind: 'comparison',
        subjectId: comparison.id,
        conversationId: comparison.conversationId,
        payload: { kind: 'comparison', outcome, tags: [...new Set(tags)].sort(), criteria, comment },
        messages: [
          { messageId: left.id, role: 'left', provenance: provenanceOf(left) },
          { messageId: right.id, role: 'right', provenance: provenanceOf(right) },
        ],
        durationMs,
        clientVersion,
      },
      manager,
    );
  }

  private async showChosen(
    manager: EntityManager,
    { comparison, conversation }: Revealed,
    outcome: Vote['outcome'],
  ): Promise<void> {
    if (outcome !== 'left' && outcome !== 'right') return;
    const { leftId, rightId } = comparison;
    if (conversation.leafId !== leftId && conversation.leafId !== rightId) return;
    conversation.leafId = outcome === 'left' ? leftId : rightId;
    const { id, leafId } = conversation;
    await manager.update(ConversationEntity, { id }, { leafId });
  }

  private tell({ comparison, left, right, conversation }: Revealed): void {
    const { id } = conversation;
    for (const message of [left, right]) this.events.publish(id, { type: 'message.updated', message });
    this.events.publish(id, { type: 'comparison.updated', comparison });
    this.events.publish(id, { type: 'conversation.updated', conversation: toConversation(conversation) });
  }
}
