/** What people say of answers by what they do next: improving one, or going on from one of several. Called by the chat, in its transaction. */
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Message } from '../../common/contracts/conversations.js';
import type { FeedbackMessage } from '../../common/contracts/feedback.js';
import { listMessagesById } from '../chat/message-rows.js';
import { FeedbackLedger } from './feedback-ledger.service.js';
import { isRateable } from './rateable.js';

@Injectable()
export class ImplicitFeedback {
  constructor(private readonly ledger: FeedbackLedger) {}

  /** A person's version of a model's answer: something to imitate, and better than the original. */
  async recordEdit(
    manager: EntityManager,
    { userId, edited, originalId }: { userId: string; edited: Message; originalId: string },
  ): Promise<void> {
    const [original] = await listMessagesById(manager, [originalId]);
    if (!original || !isRateable(original) || original.content === edited.content) return;
    await this.ledger.record(
      {
        userId,
        kind: 'edit',
        subjectId: edited.id,
        conversationId: edited.conversationId,
        payload: { kind: 'edit' },
        messages: [
          toFeedbackMessage(original, 'original'),
          { messageId: edited.id, role: 'edited', provenance: null },
        ],
      },
      manager,
    );
  }

  /**
   * Going on from `chosenId` although there are other answers beside it: a choice, though nobody was asked. One for each turn; going on
   * from another answer later replaces it. Two answers that a comparison showed are left to its vote.
   */
  async recordPick(
    manager: EntityManager,
    { userId, chosenId, conversationId }: { userId: string; chosenId: string; conversationId: string },
  ): Promise<void> {
    const rows = await manager.query<{ id: string; parentId: string }[]>(
      `SELECT sibling.id, sibling.parent_id AS "parentId"
       FROM messages chosen JOIN messages sibling ON sibling.parent_id = chosen.parent_id
       WHERE chosen.id = $1 AND chosen.role = 'assistant' AND NOT EXISTS
         (SELECT FROM comparisons c WHERE c.parent_id = chosen.parent_id)`,
      [chosenId],
    );
    if (rows.length < 2) return;
    const siblings = await listMessagesById(
      manager,
      rows.map(({ id }) => id),
    );
    const chosen = siblings.find(({ id }) => id === chosenId);
    const parentId = rows[0]?.parentId;
    if (!chosen || !parentId || !isRateable(chosen)) return;
    const rejected = siblings.filter(
      (sibling) => sibling !== chosen && isRateable(sibling) && sibling.content !== chosen.content,
    );
    if (rejected.length === 0) return;
    await this.ledger.record(
      {
        userId,
        kind: 'pick',
        subjectId: parentId,
        conversationId,
        payload: { kind: 'pick', chosenId },
        messages: [
          toFeedbackMessage(chosen, 'chosen'),
          ...rejected.map((sibling) => toFeedbackMessage(sibling, 'rejected')),
        ],
      },
      manager,
    );
  }
}

const toFeedbackMessage = (message: Message, role: FeedbackMessage['role']): FeedbackMessage => ({
  messageId: message.id,
  role,
  provenance: message.generation?.provenance ?? null,
});
