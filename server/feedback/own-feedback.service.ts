/** One's own feedback as one reads it: with the words it was about, and the versions that learnt from it. */
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { FeedbackEvent, OwnFeedback } from '../../common/contracts/feedback.js';
import type { Learner } from '../../common/contracts/lineage.js';
import { FeedbackLedger } from './feedback-ledger.service.js';
import { selectLearners } from './learners.js';

/** Of the answer; enough to know it again. */
const excerptLength = 240;

interface SurroundingsRow {
  id: string;
  title: string | null;
  /** Null for an answer of the API, and where the message was deleted. */
  messageId: string | null;
  excerpt: string;
  learners: Learner[];
}

@Injectable()
export class OwnFeedbackService {
  constructor(
    private readonly db: DataSource,
    private readonly ledger: FeedbackLedger,
  ) {}

  /** A page of what counts now, newest first. */
  async list(userId: string, page: { limit: number; offset: number }): Promise<OwnFeedback[]> {
    const events = await this.ledger.listOwn(userId, page);
    const rows = await this.db.query<SurroundingsRow[]>(
      `SELECT e.id, c.title, m.id AS "messageId", left(coalesce(m.content, g.text, ''), $3) AS excerpt,
         ${selectLearners('e.id')} AS learners
       FROM unnest($1::uuid[], $2::uuid[]) AS listed (event_id, shown_id)
         JOIN feedback_events e ON e.id = listed.event_id
         LEFT JOIN conversations c ON c.id = e.conversation_id
         LEFT JOIN messages m ON m.id = listed.shown_id
         LEFT JOIN generations g ON g.id = listed.shown_id`,
      [events.map(({ id }) => id), events.map(findShownId), excerptLength],
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    return events.flatMap((event) => {
      const row = byId.get(event.id);
      return row ? [{ ...event, ...row }] : [];
    });
  }
}

/** The answer that the act speaks for; the first one where it speaks for none. */
function findShownId({ payload, messages }: FeedbackEvent): string | null {
  const role = payload.kind === 'comparison' ? payload.outcome : shownRoles[payload.kind];
  return (messages.find((message) => message.role === role) ?? messages[0])?.messageId ?? null;
}

const shownRoles = { thumb: 'rated', pick: 'chosen', edit: 'edited', withdrawn: 'rated' } as const;
