/** Conversations with answers, and what people said of them, written by the server's own ledger: for tests of what comes of feedback. */
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import type { FeedbackMessage, FeedbackPayload } from '../../common/contracts/feedback.js';
import type { Provenance } from '../../common/contracts/generation.js';
import { defaultSampling } from '../../common/contracts/sampling.js';
import { FeedbackLedger } from '../../server/feedback/feedback-ledger.service.js';
import type { ServerInProcess } from './server-in-process.js';

export interface Asked {
  conversationId: string;
  questionId: string;
  answerIds: string[];
}

export interface Question {
  question: string;
  answers: readonly string[];
  systemPrompt?: string;
  /** What was said before, question and answer in turn. */
  before?: readonly string[];
}

const provenance: Provenance = {
  modelVersionId: randomUUID(),
  modelName: 'small',
  modelSha256: '0'.repeat(64),
  adapterSha256: null,
  templateHash: '0'.repeat(64),
  sampling: defaultSampling,
  seed: 1,
  engine: 'test',
};

export class JudgedAnswers {
  private readonly db: DataSource;
  private readonly ledger: FeedbackLedger;

  constructor({ app }: ServerInProcess) {
    this.db = app.get(DataSource);
    this.ledger = app.get(FeedbackLedger);
  }

  /** A conversation of a person with the given path, and several answers to its last question. */
  async ask(userId: string, { question, answers, systemPrompt = '', before = [] }: Question): Promise<Asked> {
    const conversationId = randomUUID();
    await this.db.query(
      `INSERT INTO conversations (id, user_id, system_prompt, parameters) VALUES ($1, $2, $3, '{}')`,
      [conversationId, userId, systemPrompt],
    );
    let parentId: string | null = null;
    const path = [...before, question];
    for (const [depth, content] of path.entries())
      parentId = await this.insert({
        conversationId,
        parentId,
        role: depth % 2 ? 'assistant' : 'user',
        content,
      });
    const answerIds = [];
    for (const content of answers)
      answerIds.push(await this.insert({ conversationId, parentId, role: 'assistant', content }));
    return { conversationId, questionId: parentId ?? '', answerIds };
  }

  /** @returns the event's id */
  async thumb(userId: string, asked: Asked, value: 'up' | 'down'): Promise<string> {
    const [rated = ''] = asked.answerIds;
    const payload = { kind: 'thumb' as const, value, tags: [], score: null, comment: '' };
    return this.record(userId, asked, { payload, subjectId: rated, roles: [[rated, 'rated']] });
  }

  async vote(userId: string, asked: Asked, outcome: 'left' | 'right' | 'tie' | 'both_bad'): Promise<string> {
    const [left = '', right = ''] = asked.answerIds;
    const payload = { kind: 'comparison' as const, outcome, tags: [], criteria: {}, comment: '' };
    const roles = [
      [left, 'left'],
      [right, 'right'],
    ] as const;
    return this.record(userId, asked, { payload, subjectId: randomUUID(), roles });
  }

  async pick(userId: string, asked: Asked): Promise<string> {
    const [chosenId = '', ...rejected] = asked.answerIds;
    const roles = [[chosenId, 'chosen'], ...rejected.map((id) => [id, 'rejected'] as const)] as const;
    return this.record(userId, asked, {
      payload: { kind: 'pick', chosenId },
      subjectId: asked.questionId,
      roles,
    });
  }

  async edit(userId: string, asked: Asked): Promise<string> {
    const [original = '', edited = ''] = asked.answerIds;
    const roles = [
      [original, 'original'],
      [edited, 'edited'],
    ] as const;
    return this.record(userId, asked, { payload: { kind: 'edit' }, subjectId: edited, roles });
  }

  private async record(
    userId: string,
    { conversationId }: Asked,
    act: {
      payload: FeedbackPayload;
      subjectId: string;
      roles: readonly (readonly [string, FeedbackMessage['role']])[];
    },
  ): Promise<string> {
    const { payload, subjectId, roles } = act;
    if (payload.kind === 'withdrawn') throw new TypeError('nothing to withdraw');
    const messages = roles.map(([messageId, role]) => ({
      messageId,
      role,
      provenance: role === 'edited' ? null : provenance,
    }));
    const { id } = await this.ledger.record({
      userId,
      conversationId,
      kind: payload.kind,
      payload,
      subjectId,
      messages,
    });
    return id;
  }

  private async insert(message: {
    conversationId: string;
    parentId: string | null;
    role: string;
    content: string;
  }): Promise<string> {
    const id = randomUUID();
    await this.db.query(
      `INSERT INTO messages (id, conversation_id, parent_id, role, content, status) VALUES ($1, $2, $3, $4, $5, 'complete')`,
      [id, message.conversationId, message.parentId, message.role, message.content],
    );
    return id;
  }
}
