/** Collected feedback as rows, in the order in which it was given. */
import type { EntityManager } from 'typeorm';
import type { FeedbackRecipe } from '../../../common/contracts/datasets.js';
import { feedbackPayloadSchema, type FeedbackMessage } from '../../../common/contracts/feedback.js';
import { toCondition, feedbackTables } from '../../feedback/feedback-query.js';
import { readRow } from '../rows/data-row.js';
import { toRows, type JudgedAct } from '../rows/feedback-rows.js';
import { readGivenAnswers, type AnswerPlace } from './given-answers.js';
import type { RowOrigin, SourcedRow } from './assembly.js';

interface EventRow {
  eventId: string;
  sequence: string;
  raterId: string;
  ownerId: string;
  /** Of a pair of a queue: whose prompt it is. */
  authorIds: string[];
  payload: unknown;
  messages: FeedbackMessage[];
  isGeneration: boolean;
}

/** Texts of this many acts are held at once. */
const batchSize = 200;

export interface ReadAct extends JudgedAct {
  eventId: string;
  createdAt: Date;
  origin: RowOrigin;
}

/** @returns the rows of a selection; `manager` should hold one view of the tables until the end (REPEATABLE READ) */
export async function* readFeedbackRows(
  manager: EntityManager,
  recipe: Pick<FeedbackRecipe, 'filter' | 'includePicks'>,
): AsyncGenerator<SourcedRow> {
  for await (const { origin, ...act } of readActs(manager, recipe)) {
    const outcome = toRows(act, recipe);
    if ('skipped' in outcome) yield outcome;
    else
      for (const row of outcome.rows) {
        const content = readRow(row, 1);
        // What an act becomes is always in order; a row that the trainer would refuse is a fault here.
        if ('problem' in content)
          throw new TypeError(`feedback became an unreadable row: ${content.problem}`);
        yield { content, origin };
      }
  }
}

/** The acts of a selection that may be used for training, with what they were about. */
export async function* readActs(
  manager: EntityManager,
  { filter }: Pick<FeedbackRecipe, 'filter'>,
): AsyncGenerator<ReadAct> {
  const usable = { ...filter, isUsable: true, isExcluded: false };
  let after = '0';
  for (;;) {
    const events = await readEvents(manager, usable, after);
    const last = events.at(-1);
    if (!last) return;
    after = last.sequence;
    const answers = await readGivenAnswers(manager, events.flatMap(toPlaces));
    for (const event of events)
      yield {
        eventId: event.eventId,
        createdAt: event.createdAt,
        payload: feedbackPayloadSchema.parse(event.payload),
        answers: event.messages.flatMap(({ messageId, role, provenance }) => {
          const answer = answers.get(messageId);
          return answer ? { ...answer, role, modelName: provenance?.modelName ?? null } : [];
        }),
        origin: {
          eventIds: [event.eventId],
          people: [event.raterId, event.ownerId, ...event.authorIds],
          raterId: event.raterId,
        },
      };
  }
}

function readEvents(
  manager: EntityManager,
  filter: FeedbackRecipe['filter'],
  after: string,
): Promise<(EventRow & { createdAt: Date })[]> {
  const { sql, parameters } = toCondition(filter, [after, batchSize]);
  return manager.query(
    `SELECT f.event_id AS "eventId", f.sequence, f.user_id AS "raterId", f.owner_id AS "ownerId", e.payload, e.messages,
       e.created_at AS "createdAt", e.conversation_id IS NULL AS "isGeneration",
       coalesce(p.people, '{}') AS "authorIds"
     FROM ${feedbackTables}
       JOIN feedback_events e ON e.id = f.event_id
       LEFT JOIN rating_pairs p ON p.id = e.rating_pair_id
     WHERE f.sequence > $1 AND ${sql} ORDER BY f.sequence LIMIT $2`,
    parameters,
  );
}

function toPlaces({ messages, isGeneration }: EventRow): AnswerPlace[] {
  return messages.map(({ messageId }) => ({ id: messageId, isGeneration }));
}
