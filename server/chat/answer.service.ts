/** Asking for answers: send, regenerate, continue, stop. Writes the tree and the generation in one transaction, then enqueues. */
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Message } from '../../common/contracts/conversations.js';
import { AppError } from '../../common/contracts/errors.js';
import { samplingSchema, type Sampling } from '../../common/contracts/sampling.js';
import type { SendResult } from '../../common/contracts/socket.js';
import { ConversationEntity } from '../../common/database/conversation.entity.js';
import { ImplicitFeedback } from '../feedback/implicit-feedback.service.js';
import { GenerationService, type GenerationGroup } from '../generations/generation.service.js';
import { ModelChoice } from '../generations/model-choice.service.js';
import { AnswerSettler } from './answer-settler.service.js';
import { ChatEvents } from './chat-events.js';
import { getOwnConversation, toConversation } from './conversation-rows.js';
import { listPath, type PathMessage } from './message-rows.js';
import { insertMessages, toFreshMessage } from './message-insert.js';
import { toTitle } from './title.js';
import { toTurns } from './turns.js';

/** Who asks, and under which id the logs know it. */
export interface Asker {
  userId: string;
  requestId: string;
}

export interface AnswerOptions {
  sampling?: Partial<Sampling>;
  topLogProbs?: number | null;
}

interface Prepared {
  conversation: ConversationEntity;
  userMessage: Message | null;
  answer: Message;
  group: GenerationGroup;
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
) => Promise<Prepared>;

@Injectable()
export class AnswerService {
  constructor(
    private readonly db: DataSource,
    private readonly generations: GenerationService,
    private readonly models: ModelChoice,
    private readonly events: ChatEvents,
    private readonly settler: AnswerSettler,
    private readonly feedback: ImplicitFeedback,
  ) {}

  /** A new message of the user's below `parentId`, and an answer to it. */
  async send(
    asker: Asker,
    input: { conversationId: string; parentId: string | null; content: string } & AnswerOptions,
  ): Promise<SendResult> {
    return this.prepare(asker, { ...input, lastId: input.parentId }, async (manager, conversation, path) => {
      assertParent('user', input.parentId, path);
      const userMessage = toFreshMessage({ ...input, role: 'user', status: 'complete' });
      if (input.parentId)
        await this.feedback.recordPick(manager, { ...asker, ...input, chosenId: input.parentId });
      if (conversation.titleSource === 'none') {
        conversation.title = toTitle(input.content);
        conversation.titleSource = 'words';
      }
      conversation.draft = '';
      return this.answer(manager, asker, conversation, [...path, userMessage], userMessage, input);
    });
  }

  /** Another answer to a message of the user's. */
  async regenerate(
    asker: Asker,
    input: { conversationId: string; parentId: string } & AnswerOptions,
  ): Promise<SendResult> {
    return this.prepare(asker, { ...input, lastId: input.parentId }, async (manager, conversation, path) => {
      assertParent('assistant', input.parentId, path);
      return this.answer(manager, asker, conversation, path, null, input);
    });
  }

  /** Goes on with an answer that was stopped or cut; its text so far stays as it is. */
  async continue(asker: Asker, input: { conversationId: string; messageId: string }): Promise<SendResult> {
    return this.prepare(asker, { ...input, lastId: input.messageId }, async (manager, conversation, path) => {
      const cut = path.at(-1);
      if (!cut) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'message' });
      const stopReason = await this.findStopReason(manager, cut);
      const isCut = cut.status === 'stopped' || cut.status === 'failed' || stopReason === 'length';
      if (cut.role !== 'assistant' || !isCut) throw new AppError('CHAT_NOT_CONTINUABLE');
      const generationId = randomUUID();
      const request = this.toRequest(conversation, path.slice(0, -1), {});
      const group = await this.generations.insert(manager, {
        ...asker,
        modelVersionId: await this.models.getForChat(manager, conversation.parameters.modelVersionId),
        request: { ...request, prefix: cut.content },
        answers: { messageId: cut.id, generationId },
      });
      await manager.query(`UPDATE messages SET status = 'queued', generation_id = $2 WHERE id = $1`, [
        cut.id,
        generationId,
      ]);
      conversation.leafId = cut.id;
      const answer: Message = {
        ...toFreshMessage({ ...input, ...cut, status: 'queued' }),
        id: cut.id,
        createdAt: cut.createdAt.toISOString(),
      };
      return { conversation, userMessage: null, answer, group };
    });
  }

  async stop(asker: Asker, messageId: string): Promise<void> {
    const [found] = await this.db.query<{ generationId: string | null }[]>(
      `SELECT m.generation_id AS "generationId" FROM messages m
       JOIN conversations c ON c.id = m.conversation_id WHERE m.id = $1 AND c.user_id = $2`,
      [messageId, asker.userId],
    );
    if (!found) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'message' });
    if (found.generationId) await this.generations.stop(found.generationId);
  }

  private async prepare(asker: Asker, ids: ChangedIds, change: Change): Promise<SendResult> {
    const prepared = await this.tryPrepare(asker, ids, change).catch(async (error: unknown) => {
      if (!(error instanceof AppError) || error.code !== 'CHAT_ANSWER_RUNNING') throw error;
      // It may have ended without having been copied yet; outside of the transaction, which holds what the copying waits for.
      await this.settler.settleEnded();
      return this.tryPrepare(asker, ids, change);
    });
    await this.generations.enqueue(prepared.group);
    this.announce(prepared);
    return { userMessage: prepared.userMessage, answer: prepared.answer };
  }

  private tryPrepare(
    { userId }: Asker,
    { conversationId, lastId }: ChangedIds,
    change: Change,
  ): Promise<Prepared> {
    return this.db.transaction(async (manager) => {
      const conversation = await getOwnConversation(manager, { userId, conversationId, lock: true });
      const path = lastId === null ? [] : await listPath(manager, conversationId, lastId);
      const last = path.at(-1);
      if (lastId !== null && !last) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'message' });
      if (last?.status === 'queued') throw new AppError('CHAT_ANSWER_RUNNING');
      const prepared = await change(manager, conversation, path);
      conversation.updatedAt = new Date();
      const { leafId, title, titleSource, draft, updatedAt } = conversation;
      await manager.update(
        ConversationEntity,
        { id: conversationId },
        { leafId, title, titleSource, draft, updatedAt },
      );
      return prepared;
    });
  }

  private async answer(
    manager: EntityManager,
    asker: Asker,
    conversation: ConversationEntity,
    path: readonly { id: string; role: 'user' | 'assistant'; content: string }[],
    userMessage: Message | null,
    options: AnswerOptions,
  ): Promise<Prepared> {
    const answer = toFreshMessage({
      conversationId: conversation.id,
      parentId: path.at(-1)?.id ?? null,
      role: 'assistant',
      content: '',
      status: 'queued',
    });
    const generationId = randomUUID();
    await insertMessages(manager, conversation.id, [
      ...(userMessage ? [userMessage] : []),
      { ...answer, generationId },
    ]);
    const group = await this.generations.insert(manager, {
      ...asker,
      modelVersionId: await this.models.getForChat(manager, conversation.parameters.modelVersionId),
      request: this.toRequest(conversation, path, options),
      answers: { messageId: answer.id, generationId },
    });
    conversation.leafId = answer.id;
    return { conversation, userMessage, answer, group };
  }

  private toRequest(
    { systemPrompt, parameters }: ConversationEntity,
    path: readonly { role: 'user' | 'assistant'; content: string }[],
    { sampling, topLogProbs = null }: AnswerOptions,
  ) {
    return {
      turns: toTurns(systemPrompt, path),
      prefix: '',
      sampling: samplingSchema.parse({ ...parameters.sampling, ...sampling }),
      topLogProbs,
      responseFormat: { type: 'text' as const },
    };
  }

  private async findStopReason(manager: EntityManager, message: PathMessage): Promise<string | null> {
    const [row] = await manager.query<{ stopReason: string | null }[]>(
      `SELECT stop_reason AS "stopReason" FROM generations WHERE id = $1`,
      [message.generationId],
    );
    return row?.stopReason ?? null;
  }

  private announce({ conversation, userMessage, answer, group }: Prepared): void {
    const generationId = group.ids[0] ?? null;
    if (generationId) this.settler.follow(generationId);
    if (userMessage) this.events.publish(conversation.id, { type: 'message.updated', message: userMessage });
    this.events.publish(conversation.id, { type: 'message.updated', message: answer }, generationId);
    this.events.publish(conversation.id, {
      type: 'conversation.updated',
      conversation: toConversation(conversation),
    });
  }
}

function assertParent(
  role: 'user' | 'assistant',
  parentId: string | null,
  path: readonly PathMessage[],
): void {
  const expected = role === 'user' ? 'assistant' : 'user';
  if (parentId !== null && path.at(-1)?.role !== expected)
    throw new AppError('CHAT_PARENT_INVALID', {
      role,
      expected: role === 'user' ? 'an answer, or none for a new beginning' : 'a message of yours',
    });
}
