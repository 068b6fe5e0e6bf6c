/** What a program says of an answer that it got over `/v1`, in OpenAI's manner of naming. */
import { z } from 'zod';
import { giveThumbSchema, voteSchema, type FeedbackEvent } from '../../common/contracts/feedback.js';

const circumstances = { duration_ms: giveThumbSchema.shape.durationMs };
const choice = z.int().min(0).max(127);

/** Body of `POST /v1/chat/completions/:id/feedback`. A later one about the same choice, or the same two, replaces it. */
export const completionFeedbackSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('thumb'),
    /** Index of the choice that is rated. */
    choice: choice.default(0),
    /** Null takes it back. */
    value: giveThumbSchema.shape.value,
    tags: giveThumbSchema.shape.tags,
    score: giveThumbSchema.shape.score,
    comment: giveThumbSchema.shape.comment,
    ...circumstances,
  }),
  z.strictObject({
    kind: z.literal('comparison'),
    /** Indices of the two choices that were compared, as they stood on the screen. */
    left: choice,
    right: choice,
    outcome: voteSchema.shape.outcome,
    tags: voteSchema.shape.tags,
    criteria: voteSchema.shape.criteria,
    comment: voteSchema.shape.comment,
    ...circumstances,
  }),
]);
export type CompletionFeedback = z.infer<typeof completionFeedbackSchema>;

export const recordedFeedbackSchema = z.strictObject({
  id: z.uuid(),
  object: z.literal('feedback'),
  /** Seconds since 1970. */
  created: z.int(),
  completion_id: z.string(),
  /** What it will be in the next dataset; what it would be where the account keeps its data out of training. */
  effect: z.strictObject({
    preference_pairs: z.int(),
    labelled_answers: z.int(),
    demonstrations: z.int(),
    is_used_for_training: z.boolean(),
  }),
});
export type RecordedFeedback = z.infer<typeof recordedFeedbackSchema>;

export function toRecorded({ id, createdAt, effect }: FeedbackEvent, completionId: string): RecordedFeedback {
  return {
    id,
    object: 'feedback',
    created: Math.floor(Date.parse(createdAt) / 1000),
    completion_id: completionId,
    effect: {
      preference_pairs: effect.preferencePairs,
      labelled_answers: effect.labelledAnswers,
      demonstrations: effect.demonstrations,
      is_used_for_training: effect.isUsedForTraining,
    },
  };
}
