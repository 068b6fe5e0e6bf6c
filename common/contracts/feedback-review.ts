/** What admins see of the feedback: a table, counts and trends, one act with what it is about, and the standing of the versions. */
import { z } from 'zod';
import {
  feedbackKindSchema,
  feedbackMessageSchema,
  feedbackPayloadSchema,
  feedbackRoles,
} from './feedback.js';
import {
  feedbackFilterSchema,
  feedbackSourceSchema,
  feedbackVerdictSchema,
  promptScriptSchema,
} from './feedback-filter.js';
import { learnerSchema } from './lineage.js';
import { answerScoreSchema } from './reward-models.js';

const timestamp = z.iso.datetime();
/** A version as it is called now, or was when it answered if it has been deleted since. */
const namedVersionSchema = z.strictObject({ id: z.uuid(), name: z.string() });

/** Query of `GET /api/feedback`: a selection, newest first, from behind `cursor` on. */
export const feedbackPageQuerySchema = feedbackFilterSchema.extend({
  /** As the page before gave it. */
  cursor: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z_\d{1,18}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type FeedbackPageQuery = z.infer<typeof feedbackPageQuerySchema>;

export const reviewedFeedbackSchema = z.strictObject({
  id: z.uuid(),
  kind: feedbackKindSchema,
  payload: feedbackPayloadSchema,
  rater: z.strictObject({ id: z.uuid(), name: z.string() }),
  /** Of the answers, each version once. */
  versions: z.array(namedVersionSchema),
  script: promptScriptSchema,
  source: feedbackSourceSchema,
  /** May it be used for training, as account and conversation say now? */
  isUsable: z.boolean(),
  isExcluded: z.boolean(),
  createdAt: timestamp,
});
export type ReviewedFeedback = z.infer<typeof reviewedFeedbackSchema>;

/** `GET /api/feedback`. */
export const feedbackPageSchema = z.strictObject({
  items: z.array(reviewedFeedbackSchema),
  /** Null at the end. */
  nextCursor: z.string().nullable(),
});
export type FeedbackPage = z.infer<typeof feedbackPageSchema>;

const count = z.int().min(0);

/** `GET /api/feedback/summary`: a selection, counted. */
export const feedbackSummarySchema = z.strictObject({
  total: count,
  /** Verdict null for picks and edits. */
  kinds: z.array(
    z.strictObject({ kind: feedbackKindSchema, verdict: feedbackVerdictSchema.nullable(), count }),
  ),
  /** An act about answers of two versions counts for both. Most first. */
  versions: z.array(namedVersionSchema.extend({ up: count, down: count, count })),
  /** Most first. */
  tags: z.array(z.strictObject({ tag: z.string(), count })),
  /** Days in UTC on which anything was given, in order. */
  days: z.array(
    z.strictObject({ day: z.iso.date(), thumb: count, comparison: count, pick: count, edit: count }),
  ),
});
export type FeedbackSummary = z.infer<typeof feedbackSummarySchema>;

/** Body of `POST /api/feedback/events/:id/exclusions`. */
export const excludeFeedbackSchema = z.strictObject({
  /** False takes it back in. */
  isExcluded: z.boolean(),
  reason: z.string().trim().min(1).max(1000),
});
export type ExcludeFeedback = z.infer<typeof excludeFeedbackSchema>;

/** `GET /api/feedback/events/:id`: one act, and what it is about. */
export const feedbackDetailSchema = reviewedFeedbackSchema.extend({
  /** Versions that were trained on it, the live ones first. */
  learners: z.array(learnerSchema),
  durationMs: z.int().nullable(),
  guidelineVersion: z.int(),
  answers: z.array(feedbackMessageSchema),
  /** What reward models gave the answers, the newest of each; empty where none was asked. */
  scores: z.array(answerScoreSchema),
  /**
   * What was said up to the answers and the answers themselves, which have a part in the act; null where the person's words are not for
   * training: then they are not for reading either.
   */
  turns: z
    .array(
      z.strictObject({
        role: z.enum(['system', 'user', 'assistant']),
        content: z.string(),
        part: z.enum(feedbackRoles).nullable(),
      }),
    )
    .nullable(),
  /** Oldest first; `by` is null once the admin's account is gone. */
  exclusions: z.array(
    z.strictObject({
      isExcluded: z.boolean(),
      reason: z.string(),
      by: z.string().nullable(),
      createdAt: timestamp,
    }),
  ),
});
export type FeedbackDetail = z.infer<typeof feedbackDetailSchema>;

/** Votes below which a version is not ranked. */
export const minLeaderboardVotes = 30;

/** Query of `GET /api/leaderboard`: the comparisons to count, and how. */
export const leaderboardQuerySchema = feedbackFilterSchema
  .omit({ kinds: true, isPassive: true, isExcluded: true, verdicts: true })
  .extend({
    /** Rates at equal length of answer. */
    isLengthControlled: z
      .enum(['true', 'false'])
      .default('false')
      .transform((word) => word === 'true'),
  });
export type LeaderboardQuery = z.infer<typeof leaderboardQuerySchema>;

/** `GET /api/leaderboard`. */
export const leaderboardSchema = z.strictObject({
  /** Comparisons of two different versions that were counted. */
  battles: count,
  isLengthControlled: z.boolean(),
  /** Best first. */
  standings: z.array(
    namedVersionSchema.extend({
      /** 1000 in the mean of all; 400 points are odds of ten to one. */
      rating: z.number(),
      /** 95 %; null below `minLeaderboardVotes`. */
      interval: z.tuple([z.number(), z.number()]).nullable(),
      votes: count,
      isProvisional: z.boolean(),
    }),
  ),
  /** `wins[i][j]`: share of its battles against standing j that standing i won, ties half; null where they never met. */
  wins: z.array(z.array(z.number().min(0).max(1).nullable())),
  /** Some versions never met, or only ever won: how far they are apart is not told by votes alone. */
  isRegularised: z.boolean(),
});
export type LeaderboardView = z.infer<typeof leaderboardSchema>;
