/**
 * One act and what it is about, for an admin's eyes.
 *
 * An admin is no reader of other people's conversations. What people allow for training, somebody has to be able to look at before a model
 * learns from it: so of a rated conversation the branch up to the answers is shown, and nothing of it where account or conversation say no.
 */
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AppError } from '../../../common/contracts/errors.js';
import type { FeedbackMessage } from '../../../common/contracts/feedback.js';
import type { FeedbackDetail } from '../../../common/contracts/feedback-review.js';
import type { ChatTurn } from '../../../common/contracts/generation.js';
import type { Learner } from '../../../common/contracts/lineage.js';
import { readSystemPrompts } from '../../chat/answered-under.js';
import { listMessagesById, listPath } from '../../chat/message-rows.js';
import { listAnswerScores } from '../../reward-models/answer-scores.js';
import { selectLearners } from '../learners.js';
import { readVersionNames } from '../version-names.js';
import { selectReviewed, toReviewed, type ReviewedRow } from './feedback-table.service.js';

type Turns = NonNullable<FeedbackDetail['turns']>;

interface EventRow {
  conversationId: string | null;
  durationMs: number | null;
  guidelineVersion: number;
  answers: FeedbackMessage[];
  learners: Learner[];
}

@Injectable()
export class FeedbackDetails {
  constructor(private readonly db: DataSource) {}

  /** @throws AppError `RESOURCE_NOT_FOUND` for an event that is not there or does not count any more */
  async get(eventId: string): Promise<FeedbackDetail> {
    const { manager } = this.db;
    const [row] = await manager.query<ReviewedRow[]>(
      selectReviewed('NOT f.is_withdrawn AND f.event_id = $1'),
      [eventId],
    );
    const [event] = await manager.query<EventRow[]>(
      `SELECT conversation_id AS "conversationId", duration_ms AS "durationMs",
         guideline_version AS "guidelineVersion", messages AS answers, ${selectLearners('e.id')} AS learners
       FROM feedback_events e WHERE id = $1`,
      [eventId],
    );
    if (!row || !event) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'feedback' });
    const { conversationId, ...shown } = event;
    return {
      ...toReviewed(row, await readVersionNames(manager, row.versionIds)),
      ...shown,
      turns: row.isUsable ? await listTurns(manager, conversationId, event.answers) : null,
      scores: await listAnswerScores(manager, event.answers),
      exclusions: await listExclusions(manager, eventId),
    };
  }
}

async function listTurns(
  manager: EntityManager,
  conversationId: string | null,
  answers: readonly FeedbackMessage[],
): Promise<Turns> {
  return conversationId === null
    ? listTurnsOfGenerations(manager, answers)
    : listTurnsOfConversation(manager, conversationId, answers);
}

/** Answers that have been deleted since are left out; without any, so is what they answered. */
async function listTurnsOfConversation(
  manager: EntityManager,
  conversationId: string,
  answers: readonly FeedbackMessage[],
): Promise<Turns> {
  const messages = await listMessagesById(
    manager,
    answers.map(({ messageId }) => messageId),
  );
  const [first] = messages;
  if (!first) return [];
  const { parentId } = first;
  const before = parentId ? await listPath(manager, conversationId, parentId) : [];
  const contents = new Map(messages.map(({ id, content }) => [id, content]));
  const systemPrompt = (await readSystemPrompts(manager, [first.id])).get(first.id);
  return [
    ...(systemPrompt ? [{ role: 'system' as const, content: systemPrompt, part: null }] : []),
    ...before.map(({ role, content }) => ({ role, content, part: null })),
    ...toAnswers(answers, contents),
  ];
}

async function listTurnsOfGenerations(
  manager: EntityManager,
  answers: readonly FeedbackMessage[],
): Promise<Turns> {
  const rows = await manager.query<{ id: string; text: string; turns: ChatTurn[] }[]>(
    `SELECT id, text, request->'turns' AS turns FROM generations WHERE id = ANY($1)`,
    [answers.map(({ messageId }) => messageId)],
  );
  const contents = new Map(rows.map(({ id, text }) => [id, text]));
  return [
    ...(rows[0]?.turns ?? []).map((turn) => ({ ...turn, part: null })),
    ...toAnswers(answers, contents),
  ];
}

const toAnswers = (answers: readonly FeedbackMessage[], contents: ReadonlyMap<string, string>): Turns =>
  answers.flatMap(({ messageId, role }) => {
    const content = contents.get(messageId);
    return content === undefined ? [] : [{ role: 'assistant' as const, content, part: role }];
  });

async function listExclusions(
  manager: EntityManager,
  eventId: string,
): Promise<FeedbackDetail['exclusions']> {
  const rows = await manager.query<
    { isExcluded: boolean; reason: string; by: string | null; createdAt: Date }[]
  >(
    `SELECT x.is_excluded AS "isExcluded", x.reason, u.name AS by, x.created_at AS "createdAt"
     FROM feedback_exclusions x LEFT JOIN users u ON u.id = x.admin_id
     WHERE x.event_id = $1 ORDER BY x.sequence`,
    [eventId],
  );
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
}
