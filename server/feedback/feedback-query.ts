/**
 * A selection of feedback as SQL: the one place that knows how a filter's fields are asked of the tables. Table, counts, trends,
 * leaderboard, exports and datasets read `FROM feedbackTables WHERE` what this gives.
 *
 * Consent is read from the account and the conversation themselves. (A copy, `is_usable`, serves the counts alone.)
 */
import type { FeedbackFilter } from '../../common/contracts/feedback-filter.js';

/** `f` what counts now, `o` the account whose words were answered, `c` the conversation where it says otherwise than the account. */
export const feedbackTables = `
  current_feedback f
  LEFT JOIN users o ON o.id = f.owner_id
  LEFT JOIN conversations c ON c.id = f.conversation_id AND c.training_consent IS NOT NULL`;

/**
 * Is there anybody whose prompt a queue's pair is and who does not allow it to be trained with: a conversation that it was said in, as one
 * that is gone does not, or, by their account, whoever said it elsewhere?
 *
 * @param pair  a row of `rating_pairs`, by its name in the statement
 */
export const isWithheld = (pair: string): string => `(
  EXISTS (
    SELECT FROM unnest(${pair}.conversation_ids) AS said (id)
      LEFT JOIN conversations c ON c.id = said.id
      LEFT JOIN users asker ON asker.id = c.user_id
    WHERE NOT coalesce(c.training_consent, asker.training_consent, false))
  OR EXISTS (
    SELECT FROM users author
    WHERE author.id = ANY(${pair}.people) AND NOT author.training_consent AND NOT EXISTS (
      SELECT FROM conversations c WHERE c.id = ANY(${pair}.conversation_ids) AND c.user_id = author.id)))`;

/** Do all whose prompt a rater judged allow it to be trained with? True where it is no pair of a queue. @param pairId  as SQL */
export const authorsAllow = (pairId: string): string =>
  `NOT EXISTS (SELECT FROM rating_pairs p WHERE p.id = ${pairId} AND ${isWithheld('p')})`;

/** May it be used for training? */
export const isUsable = `(coalesce(c.training_consent, o.training_consent, false)
  AND (f.source <> 'queue' OR ${authorsAllow('f.subject_id')}))`;

export interface FeedbackCondition {
  /** Follows `WHERE`; never empty. */
  sql: string;
  /** Its parameters, from `$1` on or behind those that were there. */
  parameters: unknown[];
}

type Place = (value: unknown) => string;
type ToSql = (filter: FeedbackFilter, place: Place) => string | undefined;

const conditions = {
  kinds: ({ kinds }, place) => kinds && `f.kind = ANY(${place(kinds)}::text[])`,
  isPassive: ({ isPassive }) => either(isPassive, `f.kind = 'pick'`),
  verdicts: ({ verdicts }, place) => verdicts && `f.verdict = ANY(${place(verdicts)}::text[])`,
  versionIds: ({ versionIds }, place) => versionIds && `f.answer_version_ids && ${place(versionIds)}::uuid[]`,
  learnerIds: ({ learnerIds }, place) =>
    learnerIds &&
    `EXISTS (SELECT FROM model_version_events t WHERE t.event_id = f.event_id AND t.model_version_id = ANY(${place(learnerIds)}::uuid[]))`,
  raterIds: ({ raterIds }, place) => raterIds && `f.user_id = ANY(${place(raterIds)}::uuid[])`,
  tags: ({ tags }, place) => tags && `f.tags && ${place(tags)}::text[]`,
  scripts: ({ scripts }, place) => scripts && `f.script = ANY(${place(scripts)}::text[])`,
  from: ({ from }, place) => from && `f.created_at >= ${place(from)}::timestamptz`,
  to: ({ to }, place) => to && `f.created_at < ${place(to)}::timestamptz`,
  isUsable: (filter) => either(filter.isUsable, isUsable),
  isExcluded: ({ isExcluded }) => either(isExcluded, `f.is_excluded`),
  // A comparison with a word that is written out finds the partial index.
  source: ({ source }) => source && `f.source = '${source}'`,
} satisfies Record<keyof FeedbackFilter, ToSql>;

const either = (wanted: boolean | undefined, sql: string): string | undefined =>
  wanted === undefined ? undefined : wanted ? sql : `NOT (${sql})`;

/** @param taken  parameters that the caller's statement has before these */
export function toCondition(filter: FeedbackFilter, taken: readonly unknown[] = []): FeedbackCondition {
  const parameters = [...taken];
  const place: Place = (value) => `$${parameters.push(value)}`;
  const parts = Object.values<ToSql>(conditions).flatMap((toSql) => toSql(filter, place) ?? []);
  return { sql: ['NOT f.is_withdrawn', ...parts].join(' AND '), parameters };
}
