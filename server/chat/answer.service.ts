/** Asking for answers: send, regenerate, compare, continue, stop. What is written where; AnswerWriter has it made. */
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Comparison } from '../../common/contracts/comparisons.js';
import type { Message } from '../../common/contracts/conversations.js';
import { AppError } from '../../common/contracts/errors.js';
import type { GenerationRequest } from '../../common/contracts/generation.js';
import { samplingSchema, type Sampling } from '../../common/contracts/sampling.js';
import type { SendResult } from '../../common/contracts/socket.js';
import { ConversationEntity } from '../../common/database/conversation.entity.js';
import { ImplicitFeedback } from '../feedback/implicit-feedback.service.js';
import { RewardModelService } from '../reward-models/reward-model.service.js';
import { GenerationService, type GenerationGroup } from '../generations/generation.service.js';
import { ModelChoice } from '../generations/model-choice.service.js';
import { AnswerWriter, type Asker, type Written } from './answer-writer.service.js';
import { CandidateService } from './comparisons/candidate.service.js';
import { insertComparison } from './comparisons/comparison-rows.js';
import { lastGeneration, type PathMessage } from './message-rows.js';
import { insertMessages, toFreshMessage } from './message-insert.js';
import { toTitle } from './title.js';
import { toTurns } from './turns.js';

export interface AnswerOptions {
  sampling?: Partial<Sampling>;
  topLogProbs?: number | null;
}

/** A turn to be answered, once or twice. */
interface Turn {
  asker: Asker;
  conversation: ConversationEntity;
  /** Up to the message to be answered, which is written with the answers where it is new. */
  path: readonly Pick<PathMessage, 'id' | 'role' | 'content'>[];
  userMessage: Message | null;
  request: GenerationRequest;
  /** What answers, unless two are compared. */
  modelVersionId: string;
  /** Set for two answers without names. */
  comparedBy: Comparison['origin'] | null;
}

@Injectable()
export class AnswerService {
  constructor(
    private readonly db: DataSource,
    private readonly writer: AnswerWriter,
    private readonly generations: GenerationService,
    private readonly models: ModelChoice,
    private readonly candidates: CandidateService,
    private readonly feedback: ImplicitFeedback,
    private readonly rewardModels: RewardModelService,
  ) {}

  /** A new message of the user's below `parentId`, and an answer to it; two, where the server offers a comparison. */
  async send(
    asker: Asker,
    input: { conversationId: string; parentId: string | null; content: string } & AnswerOptions,
    comparedBy: Comparison['origin'] | null = null,
  ): Promise<SendResult> {
    return this.writer.write(
      asker,
      { ...input, lastId: input.parentId },
      async (manager, conversation, path) => {
        assertParent('user', input.parentId, path);
        const userMessage = toFreshMessage({ ...input, role: 'user', status: 'complete' });
        if (conversation.titleSource === 'none') {
          conversation.title = toTitle(input.content);
          conversation.titleSource = 'words';
        }
        conversation.draft = '';
        const whole = [...path, userMessage];
        const request = toRequest(conversation, whole, input);
        const chosenId = input.parentId;
        const [modelVersionId, isOffered] = await Promise.all([
          this.models.getForConversation(manager, conversation),
          !comparedBy && this.candidates.isOffered(manager, conversation, request.sampling),
          chosenId && this.feedback.recordPick(manager, { ...asker, ...input, chosenId }),
        ]);
        return this.answer(manager, {
          asker,
          conversation,
          path: whole,
          userMessage,
          request,
          modelVersionId,
          comparedBy: isOffered ? 'server' : comparedBy,
        });
      },
    );
  }

  /** Another answer to a message of the user's; two of them to compare, when the user asks for that. */
  async regenerate(
    asker: Asker,
    input: { conversationId: string; parentId: string } & AnswerOptions,
    comparedBy: Comparison['origin'] | null = null,
  ): Promise<SendResult> {
    return this.writer.write(
      asker,
      { ...input, lastId: input.parentId },
      async (manager, conversation, path) => {
        assertParent('assistant', input.parentId, path);
        const request = toRequest(conversation, path, input);
        const modelVersionId = await this.models.getForConversation(manager, conversation);
        return this.answer(manager, {
          asker,
          conversation,
          path,
          userMessage: null,
          request,
          modelVersionId,
          comparedBy,
        });
      },
    );
  }

  /** Two answers to compare: to a new message, or to one that is there. */
  async compare(
    asker: Asker,
    input: { conversationId: string; parentId: string | null; content?: string } & AnswerOptions,
  ): Promise<SendResult> {
    const { content, parentId } = input;
    if (content !== undefined) return this.send(asker, { ...input, content }, 'user');
    if (parentId === null) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'message' });
    return this.regenerate(asker, { ...input, parentId }, 'user');
  }

  /** Goes on with an answer that was stopped or cut; its text so far stays as it is. */
  async continue(asker: Asker, input: { conversationId: string; messageId: string }): Promise<SendResult> {
    return this.writer.write(
      asker,
      { ...input, lastId: input.messageId },
      async (manager, conversation, path) => {
        const cut = path.at(-1);
        if (!cut) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'message' });
        const stopReason = await this.findStopReason(manager, cut);
        const isCut = cut.status === 'stopped' || cut.status === 'failed' || stopReason === 'length';
        if (cut.role !== 'assistant' || !isCut) throw new AppError('CHAT_NOT_CONTINUABLE');
        const generationId = randomUUID();
        const request = toRequest(conversation, path.slice(0, -1), {});
        const group = await this.generations.insert(manager, {
          ...asker,
          modelVersionId: await this.models.getForConversation(manager, conversation),
          request: { ...request, prefix: cut.content },
          answers: [{ messageId: cut.id, generationId }],
        });
        await manager.query(`UPDATE messages SET status = 'queued', generation_id = $2 WHERE id = $1`, [
          cut.id,
          generationId,
        ]);
        conversation.leafId = cut.id;
        const message: Message = {
          ...toFreshMessage({ ...input, ...cut, status: 'queued' }),
          id: cut.id,
          createdAt: cut.createdAt.toISOString(),
        };
        return {
          conversation,
          userMessage: null,
          answers: [{ message, generationId }],
          groups: [group],
          comparison: null,
        };
      },
    );
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

  private async answer(manager: EntityManager, turn: Turn): Promise<Written> {
    const { conversation, path, userMessage, comparedBy } = turn;
    const versionIds = comparedBy ? await this.candidates.draw(manager, conversation) : [turn.modelVersionId];
    const conversationId = conversation.id;
    const parentId = path.at(-1)?.id ?? null;
    const answers = versionIds.map((modelVersionId) => {
      const fresh = { conversationId, parentId, role: 'assistant', content: '', status: 'queued' } as const;
      return { message: toFreshMessage(fresh), generationId: randomUUID(), modelVersionId };
    });
    const rows = answers.map(({ message, generationId }) => ({ ...message, generationId }));
    // Generations refer to messages, which are sent first; nobody waits in between.
    const [, groups] = await Promise.all([
      insertMessages(manager, conversationId, [...(userMessage ? [userMessage] : []), ...rows]),
      this.insertGenerations(manager, turn, answers),
    ]);
    const [left, right] = answers;
    conversation.leafId = left?.message.id ?? null;
    const comparison =
      comparedBy && parentId && left && right
        ? await insertComparison(manager, {
            conversationId,
            parentId,
            leftId: left.message.id,
            rightId: right.message.id,
            origin: comparedBy,
          })
        : null;
    return { conversation, userMessage, answers, groups, comparison };
  }

  /** One job for each version, so that answers of the same one share the prompt's computation. */
  private async insertGenerations(
    manager: EntityManager,
    { asker, request, conversation, comparedBy }: Turn,
    answers: readonly { message: Message; generationId: string; modelVersionId: string }[],
  ): Promise<GenerationGroup[]> {
    const groups: GenerationGroup[] = [];
    for (const versionId of new Set(answers.map(({ modelVersionId }) => modelVersionId))) {
      const ofVersion = answers.filter(({ modelVersionId }) => modelVersionId === versionId);
      const group = await this.generations.insert(manager, {
        ...asker,
        modelVersionId: versionId,
        request: comparedBy ? request : await this.withBestOf(manager, request, { conversation, versionId }),
        answers: ofVersion.map(({ message, generationId }) => ({ messageId: message.id, generationId })),
      });
      groups.push(group);
    }
    return groups;
  }

  /** Two answers that are compared are what is chosen from; without a reward model of the base there is nothing to choose by. */
  private async withBestOf(
    manager: EntityManager,
    request: GenerationRequest,
    { conversation, versionId }: { conversation: ConversationEntity; versionId: string },
  ): Promise<GenerationRequest> {
    const { bestOf: count } = conversation.parameters;
    const rewardVersionId = count && (await this.rewardModels.findJudge(versionId, manager));
    return count && rewardVersionId ? { ...request, bestOf: { count, rewardVersionId } } : request;
  }

  private async findStopReason(manager: EntityManager, { id }: PathMessage): Promise<string | null> {
    const [row] = await manager.query<{ stopReason: string | null }[]>(
      `SELECT stop_reason AS "stopReason" FROM ${lastGeneration('$1')} last`,
      [id],
    );
    return row?.stopReason ?? null;
  }
}

function toRequest(
  { systemPrompt, parameters }: ConversationEntity,
  path: readonly { role: 'user' | 'assistant'; content: string }[],
  { sampling, topLogProbs = null }: AnswerOptions,
): GenerationRequest {
  return {
    turns: toTurns(systemPrompt, path),
    prefix: '',
    sampling: samplingSchema.parse({ ...parameters.sampling, ...sampling }),
    topLogProbs,
    responseFormat: { type: 'text' },
  };
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
