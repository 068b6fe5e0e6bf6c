import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { feedbackPayloadSchema, type FeedbackKind } from '../../../common/contracts/feedback.js';
import type { FeedbackSource, PromptScript } from '../../../common/contracts/feedback-filter.js';
import type {
  FeedbackPage,
  FeedbackPageQuery,
  ReviewedFeedback,
} from '../../../common/contracts/feedback-review.js';
import { feedbackTables, isUsable, toCondition } from '../feedback-query.js';
import { readVersionNames } from '../version-names.js';

export interface ReviewedRow {
  id: string;
  /** Where the next page begins: behind this row. */
  cursor: string;
  kind: FeedbackKind;
  payload: unknown;
  raterId: string;
  raterName: string;
  versionIds: string[];
  script: PromptScript;
  source: FeedbackSource;
  isUsable: boolean;
  isExcluded: boolean;
  createdAt: Date;
}

/** Of `feedbackTables`, for the rows that `condition` and `rest` leave; joined with their events only then. */
export const selectReviewed = (condition: string, rest = '') => `
  SELECT e.id,
    to_char(f.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z_"') || f.sequence AS cursor, f.kind, e.payload, u.id AS "raterId", u.name AS "raterName",
    f.answer_version_ids AS "versionIds", f.script,
    f.source,
    f.may_train AS "isUsable", f.is_excluded AS "isExcluded", f.created_at AS "createdAt"
  FROM (SELECT f.*, ${isUsable} AS may_train FROM ${feedbackTables} WHERE ${condition} ${rest}) AS f
    JOIN feedback_events e ON e.id = f.event_id
    JOIN users u ON u.id = f.user_id
  ORDER BY f.created_at DESC, f.sequence DESC`;

/** The table of what people said. */
@Injectable()
export class FeedbackTable {
  constructor(private readonly db: DataSource) {}

  async list({ cursor, limit, ...filter }: FeedbackPageQuery): Promise<FeedbackPage> {
    const { sql, parameters } = toCondition(filter);
    const behind = cursor?.split('_').map((part) => `$${parameters.push(part)}`) ?? [];
    const isBehind = behind.length > 0 ? `AND (f.created_at, f.sequence) < (${behind.join(', ')})` : '';
    const rest = `${isBehind} ORDER BY f.created_at DESC, f.sequence DESC LIMIT $${parameters.push(limit + 1)}`;
    const rows = await this.db.query<ReviewedRow[]>(selectReviewed(sql, rest), parameters);
    const page = rows.slice(0, limit);
    const names = await readVersionNames(
      this.db.manager,
      page.flatMap(({ versionIds }) => versionIds),
    );
    return {
      items: page.map((row) => toReviewed(row, names)),
      nextCursor: rows.length > limit ? (page.at(-1)?.cursor ?? null) : null,
    };
  }
}

export function toReviewed(row: ReviewedRow, names: ReadonlyMap<string, string>): ReviewedFeedback {
  return {
    id: row.id,
    kind: row.kind,
    payload: feedbackPayloadSchema.parse(row.payload),
    rater: { id: row.raterId, name: row.raterName },
    versions: [...new Set(row.versionIds)].map((id) => ({ id, name: names.get(id) ?? id })),
    script: row.script,
    source: row.source,
    isUsable: row.isUsable,
    isExcluded: row.isExcluded,
    createdAt: row.createdAt.toISOString(),
  };
}
