import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { FeedbackKind } from '../../../common/contracts/feedback.js';
import type { FeedbackFilter, FeedbackVerdict } from '../../../common/contracts/feedback-filter.js';
import type { FeedbackSummary } from '../../../common/contracts/feedback-review.js';
import { feedbackTables, toCondition, type FeedbackCondition } from '../feedback-query.js';
import { readVersionNames } from '../version-names.js';

/** Follows `FROM`: rows `f` of acts that are alike, with how many they are. */
type Counted = FeedbackCondition;

/** A selection, counted. */
@Injectable()
export class FeedbackSummaries {
  constructor(private readonly db: DataSource) {}

  async summarise(filter: FeedbackFilter): Promise<FeedbackSummary> {
    const counted = toCounted(filter);
    const [{ kinds, days }, versions, tags] = await Promise.all([
      this.countActs(counted),
      this.countVersions(counted),
      this.countTags(counted),
    ]);
    return { total: kinds.reduce((sum, { count }) => sum + count, 0), kinds, versions, tags, days };
  }

  private async countActs({ sql, parameters }: Counted): Promise<Pick<FeedbackSummary, 'kinds' | 'days'>> {
    const rows = await this.db.query<
      { day: string | null; kind: FeedbackKind; verdict: FeedbackVerdict | null; count: number }[]
    >(
      `SELECT to_char(day AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, kind, verdict, count
       FROM (SELECT date_trunc('day', f.created_at, 'UTC') AS day, f.kind, f.verdict, sum(f.count)::int AS count
             FROM ${sql} GROUP BY GROUPING SETS ((1, 2), (2, 3))) AS counted
       ORDER BY day, kind, verdict`,
      parameters,
    );
    return {
      kinds: rows.flatMap(({ day, ...kind }) => (day === null ? [kind] : [])),
      days: toDays(rows.flatMap(({ day, kind, count }) => (day === null ? [] : [{ day, kind, count }]))),
    };
  }

  private async countVersions({ sql, parameters }: Counted): Promise<FeedbackSummary['versions']> {
    const rows = await this.db.query<{ id: string; up: number; down: number; count: number }[]>(
      `SELECT version.id, sum(f.count)::int AS count,
         coalesce(sum(f.count) FILTER (WHERE f.verdict = 'up'), 0)::int AS up,
         coalesce(sum(f.count) FILTER (WHERE f.verdict = 'down'), 0)::int AS down
       FROM (SELECT f.answer_version_ids, f.verdict, sum(f.count) AS count FROM ${sql} GROUP BY 1, 2) AS f
         CROSS JOIN LATERAL (SELECT DISTINCT unnest(f.answer_version_ids) AS id) AS version
       GROUP BY 1 ORDER BY 2 DESC, 1`,
      parameters,
    );
    const names = await readVersionNames(
      this.db.manager,
      rows.map(({ id }) => id),
    );
    return rows.map((row) => ({ ...row, name: names.get(row.id) ?? row.id }));
  }

  private countTags({ sql, parameters }: Counted): Promise<FeedbackSummary['tags']> {
    return this.db.query(
      `SELECT tag, sum(f.count)::int AS count
       FROM (SELECT f.tags, sum(f.count) AS count FROM ${sql} GROUP BY 1) AS f CROSS JOIN unnest(f.tags) AS tag
       GROUP BY 1 ORDER BY 2 DESC, 1`,
      parameters,
    );
  }
}

/**
 * From `feedback_counts`, which adds up a day's acts as they are given; or from the acts themselves where the selection asks for what that
 * does not tell apart: people, who learnt from it, and hours.
 */
function toCounted({ isUsable, ...filter }: FeedbackFilter): Counted {
  if (filter.raterIds || filter.learnerIds || !isMidnight(filter.from) || !isMidnight(filter.to)) {
    const { sql, parameters } = toCondition({ isUsable, ...filter });
    return { sql: `(SELECT f.*, 1 AS count FROM ${feedbackTables} WHERE ${sql}) AS f`, parameters };
  }
  const { sql, parameters } = toCondition(filter);
  const usable = isUsable === undefined ? '' : `AND f.is_usable = $${parameters.push(isUsable)}`;
  // Acts that were taken back are not counted.
  const counts = `(SELECT *, false AS is_withdrawn FROM feedback_counts WHERE count > 0) AS f`;
  return { sql: `${counts} WHERE ${sql} ${usable}`, parameters };
}

const isMidnight = (moment: string | undefined): boolean =>
  moment === undefined || Date.parse(moment) % 86_400_000 === 0;

function toDays(
  counts: readonly { day: string; kind: FeedbackKind; count: number }[],
): FeedbackSummary['days'] {
  const days = new Map<string, Record<FeedbackKind, number>>();
  for (const { day, kind, count } of counts) {
    const kinds = days.get(day) ?? { thumb: 0, comparison: 0, pick: 0, edit: 0 };
    days.set(day, { ...kinds, [kind]: count });
  }
  return [...days].map(([day, kinds]) => ({ day, ...kinds }));
}
