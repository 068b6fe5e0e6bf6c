/** How an answer is asked for, whatever kind: written into the tree in one transaction, then enqueued, then told to whoever watches. */
import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Comparison } from '../../common/contracts/comparisons.js';
import type { Message } from '../../common/contracts/conversations.js';
import { AppError } from '../../common/contracts/errors.js';
import type { SendResult } from '../../common/contracts/socket.js';
import { ConversationEntity } from '../../common/database/conversation.entity.js';
import { GenerationService, type GenerationGroup } from '../generations/generation.service.js';
import { Turnstile } from '../platform/turnstile.js';
import { AnswerSettler } from './answer-settler.service.js';
import { ChatEvents, type ChatEvent, type ChatNews } from './chat-events.js';
import { getOwnConversation, toConversation } from './conversation-rows.js';
import { listPath, type PathMessage } from './message-rows.js';

/** Who asks, and under which id the logs know it. */
export interface Asker {
  userId: string;
  requestId: string;
}

/** Answers that were written into the tree and are to be made: one, or the two of a comparison, left first. */
export interface Written {
  conversation: ConversationEntity;
  userMessage: Message | null;
  answers: { message: Message; generationId: string }[];
  groups: GenerationGroup[];
  comparison: Comparison | null;
}

interface ChangedIds {
  conversationId: string;
  /** The message that something is added below or changed about; null for a new root. */
  lastId: string | null;
}
type Change = (
  manager: EntityManager,
  conversation: ConversationEntity,
  path: PathMessage[],
) => Promise<Written>;

/** Longest that an answer's writing waits for others that were asked for before. */
const patienceMs = 100;

@Injectable()
export class AnswerWriter {
  /** When many ask at once, the first one's answer begins while the others are being written. */
  private readonly turnstile = new Turnstile(availableParallelism(), patienceMs);

  constructor(
    private readonly db: DataSource,
    private readonly generations: GenerationService,
    private readonly events: ChatEvents,
    private readonly settler: AnswerSettler,
  ) {}

  /**
   * @param change  writes messages and generations; it gets the locked conversation, whose fields it may set, and the path to `lastId`
   * @throws AppError for a conversation or message that is not there, still running, or kept blind
   */
  async write(asker: Asker, ids: ChangedIds, change: Change): Promise<SendResult> {
    const written = await this.turnstile.pass(async () => {
      const inserted = await this.writeSettled(asker, ids, change);
      for (const group of inserted.groups) await this.generations.enqueue(group);
      return inserted;
    });
    this.announce(written);
    return toResult(written);
  }

  private writeSettled(asker: Asker, ids: ChangedIds, change: Change): Promise<Written> {
    return this.tryWrite(asker, ids, change).catch(async (error: unknown) => {
      if (!(error instanceof AppError) || error.code !== 'CHAT_ANSWER_RUNNING') throw error;
      // It may have ended without having been copied yet; outside of the transaction, which holds what the copying waits for.
      await this.settler.settleEnded();
      return this.tryWrite(asker, ids, change);
    });
  }

  private tryWrite(
    { userId }: Asker,
    { conversationId, lastId }: ChangedIds,
    change: Change,
  ): Promise<Written> {
    return this.db.transaction(async (manager) => {
      const conversation = await getOwnConversation(manager, { userId, conversationId, lock: true });
      const path = lastId === null ? [] : await listPath(manager, conversationId, lastId);
      const last = path.at(-1);
      if (lastId !== null && !last) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'message' });
      if (last?.status === 'queued') throw new AppError('CHAT_ANSWER_RUNNING');
      if (last?.isBlind) throw new AppError('FEEDBACK_COMPARISON_OPEN');
      const written = await change(manager, conversation, path);
      conversation.updatedAt = new Date();
      const { leafId, title, titleSource, draft, updatedAt } = conversation;
      await manager.update(
        ConversationEntity,
        { id: conversationId },
        { leafId, title, titleSource, draft, updatedAt },
      );
      return written;
    });
  }

  private announce(written: Written): void {
    for (const { generationId } of written.answers) this.settler.follow(generationId);
    this.events.publishAll(written.conversation.id, toNews(written));
  }
}

function toNews({ conversation, userMessage, answers, comparison }: Written): ChatNews[] {
  const plain = (event: ChatEvent): ChatNews => ({ event, running: null });
  return [
    ...(userMessage ? [plain({ type: 'message.updated', message: userMessage })] : []),
    // Before its answers, so that no page takes one of them for the only one.
    ...(comparison ? [plain({ type: 'comparison.updated', comparison })] : []),
    ...answers.map(({ message, generationId }): ChatNews => ({
      event: { type: 'message.updated', message },
      running: { messageId: message.id, generationId, isBlind: comparison !== null },
    })),
    plain({ type: 'conversation.updated', conversation: toConversation(conversation) }),
  ];
}

function toResult({ userMessage, answers, comparison }: Written): SendResult {
  const [first, second] = answers;
  if (!first) throw new TypeError('nothing was asked for');
  const compared = comparison && second ? { comparison, right: second.message } : null;
  return { userMessage, answer: first.message, compared };
}
