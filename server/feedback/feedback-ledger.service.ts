/**
 * The book of feedback: appends events and keeps what counts now. The only writer of both tables.
 *
 * Two tabs that rate the same answer at once are put in a row by the lock on the person's subject: the later one counts, and saying the
 * same again adds nothing.
 */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import {
  feedbackPayloadSchema,
  type FeedbackEvent,
  type FeedbackKind,
  type FeedbackMessage,
  type FeedbackPayload,
} from '../../common/contracts/feedback.js';
import { getOwnConversation } from '../chat/conversation-rows.js';
import { replaceCurrent } from './current-feedback.js';
import { toEffect } from './feedback-effect.js';
import { readFacets } from './feedback-facets.js';
import { findPlace, type FeedbackSubject } from './feedback-place.js';
import { authorsAllow } from './feedback-query.js';
import { GuidelineService } from './guideline.service.js';

export type FeedbackAct = FeedbackSubject & {
  userId: string;
  kind: FeedbackKind;
  /** What a later act of the same person replaces this one about. */
  subjectId: string;
  payload: FeedbackPayload;
  messages: readonly FeedbackMessage[];
  durationMs?: number | null;
  clientVersion?: string | null;
};

interface EventRow {
  id: string;
  kind: FeedbackKind;
  subjectId: string;
  conversationId: string | null;
  completionId: string | null;
  ratingPairId: string | null;
  payload: unknown;
  messages: FeedbackMessage[];
  createdAt: Date;
  isUsedForTraining: boolean;
}

const eventColumns = `
  e.id, e.kind, e.subject_id AS "subjectId", e.conversation_id AS "conversationId",
  e.completion_id AS "completionId", e.rating_pair_id AS "ratingPairId", e.payload, e.messages,
  e.created_at AS "createdAt",
  coalesce(c.training_consent, u.training_consent) AND ${authorsAllow('e.rating_pair_id')} AS "isUsedForTraining"`;
const eventTables = `
  feedback_events e
  LEFT JOIN conversations c ON c.id = e.conversation_id
  LEFT JOIN completions a ON a.id = e.completion_id
  JOIN users u ON u.id = coalesce(c.user_id, a.user_id, e.user_id)`;

@Injectable()
export class FeedbackLedger {
  constructor(
    private readonly db: DataSource,
    private readonly guidelines: GuidelineService,
  ) {}

  /** Records an act, within the caller's transaction when it brings one. @returns the event that counts afterwards */
  async record(act: FeedbackAct, manager: EntityManager = this.db.manager): Promise<FeedbackEvent> {
    const { version: guidelineVersion } = await this.guidelines.get(manager);
    const id = await manager.transaction(async (inner) => {
      await inner.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [
        `feedback ${act.userId} ${act.kind} ${act.subjectId}`,
      ]);
      const [current] = await this.findRows(inner, act);
      if (current && isDeepStrictEqual(feedbackPayloadSchema.parse(current.payload), act.payload))
        return current.id;
      return this.append(inner, act, guidelineVersion);
    });
    const [row] = await manager.query<EventRow[]>(
      `SELECT ${eventColumns} FROM ${eventTables} WHERE e.id = $1`,
      [id],
    );
    if (!row) throw new TypeError('an event that was just written is not there');
    return toEvent(row);
  }

  /** What a person's acts in one conversation come to now. */
  async listCurrent(userId: string, conversationId: string): Promise<FeedbackEvent[]> {
    await getOwnConversation(this.db.manager, { userId, conversationId });
    const rows = await this.db.query<EventRow[]>(
      `SELECT ${eventColumns} FROM ${eventTables} JOIN current_feedback f ON f.event_id = e.id
       WHERE f.user_id = $1 AND NOT f.is_withdrawn AND e.conversation_id = $2 ORDER BY e.sequence`,
      [userId, conversationId],
    );
    return rows.map(toEvent);
  }

  /** A page of what a person's acts come to now, newest first. */
  async listOwn(
    userId: string,
    { limit, offset }: { limit: number; offset: number },
  ): Promise<FeedbackEvent[]> {
    const rows = await this.db.query<EventRow[]>(
      `SELECT ${eventColumns} FROM ${eventTables} JOIN current_feedback f ON f.event_id = e.id
       WHERE f.user_id = $1 AND NOT f.is_withdrawn ORDER BY e.sequence DESC LIMIT $2 OFFSET $3`,
      [userId, limit, offset],
    );
    return rows.map(toEvent);
  }

  /** Takes back an act of any kind, by the event that it counts by or one before it. */
  async withdraw(userId: string, eventId: string): Promise<FeedbackEvent> {
    const [row] = await this.db.query<EventRow[]>(
      `SELECT ${eventColumns} FROM ${eventTables} WHERE e.id = $1 AND e.user_id = $2`,
      [eventId, userId],
    );
    if (!row) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'feedback' });
    const { kind, subjectId, messages } = row;
    return this.record({
      ...toSubject(row),
      userId,
      kind,
      subjectId,
      messages,
      payload: { kind: 'withdrawn' },
    });
  }

  private findRows(manager: EntityManager, { userId, kind, subjectId }: FeedbackAct): Promise<EventRow[]> {
    return manager.query<EventRow[]>(
      `SELECT ${eventColumns} FROM ${eventTables} JOIN current_feedback f ON f.event_id = e.id
       WHERE f.user_id = $1 AND f.kind = $2 AND f.subject_id = $3`,
      [userId, kind, subjectId],
    );
  }

  private async append(manager: EntityManager, act: FeedbackAct, guidelineVersion: number): Promise<string> {
    const id = randomUUID();
    await manager.query(
      `INSERT INTO feedback_events
         (id, user_id, kind, subject_id, conversation_id, completion_id, rating_pair_id, payload, messages, duration_ms, guideline_version, client_version)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      [
        id,
        act.userId,
        act.kind,
        act.subjectId,
        act.conversationId ?? null,
        act.completionId ?? null,
        act.ratingPairId ?? null,
        JSON.stringify(act.payload),
        JSON.stringify(act.messages),
        act.durationMs ?? null,
        guidelineVersion,
        act.clientVersion ?? null,
      ],
    );
    const place = findPlace(act);
    const facets = await readFacets(manager, { ...act, source: place.source });
    await replaceCurrent(manager, id, { userId: act.userId, place, facets });
    return id;
  }
}

function toSubject({ conversationId, completionId, ratingPairId }: EventRow): FeedbackSubject {
  if (conversationId !== null) return { conversationId };
  if (completionId !== null) return { completionId };
  if (ratingPairId !== null) return { ratingPairId };
  throw new TypeError('an event is about nothing');
}

function toEvent({ isUsedForTraining, createdAt, payload, ...row }: EventRow): FeedbackEvent {
  const said = feedbackPayloadSchema.parse(payload);
  const rejected = row.messages.filter(({ role }) => role === 'rejected').length;
  return {
    ...row,
    payload: said,
    createdAt: createdAt.toISOString(),
    effect: { ...toEffect(said, rejected), isUsedForTraining },
  };
}
