/** The feedback that a plan's rounds learn from, counted. */
import type { EntityManager } from 'typeorm';
import type { FeedbackFilter } from '../../common/contracts/feedback-filter.js';
import type { Circle, RoundPlan } from '../../common/contracts/rounds.js';
import { feedbackTables, toCondition } from '../feedback/feedback-query.js';

/** Usable acts, and those of them that were given since. @param since  null counts all as fresh */
export async function countFeedback(
  db: EntityManager,
  plan: RoundPlan,
  since: Date | null,
): Promise<Circle['feedback']> {
  const { sql, parameters } = toCondition(toUsable(plan), [since]);
  const [row] = await db.query<[{ usable: number; fresh: number; lastAt: Date | null }]>(
    `SELECT count(*)::int AS usable, max(f.created_at) AS "lastAt",
       (count(*) FILTER (WHERE $1::timestamptz IS NULL OR f.created_at >= $1))::int AS fresh
     FROM ${feedbackTables} WHERE ${sql}`,
    parameters,
  );
  return { ...row, lastAt: row.lastAt?.toISOString() ?? null };
}

/** Whether at least so many usable acts were given since; looks at no more of them than it must. */
export async function hasFresh(
  db: EntityManager,
  plan: RoundPlan,
  { since, acts }: { since: Date | null; acts: number },
): Promise<boolean> {
  const { sql, parameters } = toCondition(toUsable(plan), [since, acts]);
  const [row] = await db.query<[{ found: number }]>(
    `SELECT count(*)::int AS found FROM (
       SELECT FROM ${feedbackTables}
       WHERE ${sql} AND ($1::timestamptz IS NULL OR f.created_at >= $1) LIMIT $2) AS enough`,
    parameters,
  );
  return row.found >= acts;
}

function toUsable({ data: { filter, includePicks } }: RoundPlan): FeedbackFilter {
  return { ...filter, ...(!includePicks && { isPassive: false }), isUsable: true, isExcluded: false };
}
