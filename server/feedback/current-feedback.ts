/** What counts now of a person's acts about one subject, kept beside the events with what is asked of it. */
import type { EntityManager } from 'typeorm';
import type { FeedbackFacets } from './feedback-facets.js';
import { authorsAllow } from './feedback-query.js';
import { findOwner, type FeedbackPlace } from './feedback-place.js';

interface CurrentAct {
  userId: string;
  place: FeedbackPlace;
  facets: FeedbackFacets;
}

/** Makes the event the one that counts. An admin's exclusion was of what was said before. */
export async function replaceCurrent(
  manager: EntityManager,
  eventId: string,
  { userId, place, facets }: CurrentAct,
): Promise<void> {
  const ownerId = await holdConsent(manager, place, userId);
  await manager.query(
    `INSERT INTO current_feedback
       (user_id, kind, subject_id, event_id, is_withdrawn, sequence, created_at, owner_id, conversation_id, source, is_usable,
        verdict, tags, script, answer_version_ids, log_length_ratio)
     SELECT e.user_id, e.kind, e.subject_id, e.id, e.payload->>'kind' = 'withdrawn', e.sequence, e.created_at,
       o.id, e.conversation_id, $8,
       coalesce(c.training_consent, o.training_consent) AND ${authorsAllow('e.rating_pair_id')}, $3, $4, $5, $6, $7
     FROM feedback_events e
       JOIN users o ON o.id = $2
       LEFT JOIN conversations c ON c.id = e.conversation_id
     WHERE e.id = $1
     ON CONFLICT (user_id, kind, subject_id) DO UPDATE SET
       event_id = excluded.event_id, is_withdrawn = excluded.is_withdrawn, sequence = excluded.sequence,
       created_at = excluded.created_at, is_usable = excluded.is_usable, verdict = excluded.verdict,
       tags = excluded.tags, script = excluded.script, answer_version_ids = excluded.answer_version_ids,
       log_length_ratio = excluded.log_length_ratio, is_excluded = false`,
    [
      eventId,
      ownerId,
      facets.verdict,
      facets.tags,
      facets.script,
      facets.answerVersionIds,
      facets.logLengthRatio,
      place.source,
    ],
  );
}

/**
 * Keeps consent from changing until the transaction ends: the conversations first, then the accounts, as a change of consent does.
 *
 * @returns whose words were answered
 */
async function holdConsent(
  manager: EntityManager,
  place: FeedbackPlace,
  raterId: string,
): Promise<string | undefined> {
  const id = await findOwner(manager, place, raterId);
  const pairId = place.source === 'queue' ? place.id : null;
  if (pairId !== null)
    await manager.query(
      `SELECT FROM conversations WHERE id IN (SELECT unnest(conversation_ids) FROM rating_pairs WHERE id = $1)
     ORDER BY id FOR SHARE`,
      [pairId],
    );
  await manager.query(
    `SELECT FROM users WHERE id = $1 OR id IN (SELECT unnest(people) FROM rating_pairs WHERE id = $2)
     ORDER BY id FOR SHARE`,
    [id, pairId],
  );
  return id;
}
