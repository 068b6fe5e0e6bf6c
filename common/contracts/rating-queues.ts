/**
 * Blind queues for raters: two versions answer the same prompts, and raters say which answer is better without knowing whose it is.
 *
 * A vote is a feedback event like any other, so it counts on the leaderboard and for the gate. Unlike in the chat, nothing is revealed after
 * a vote: who rates on would learn to tell the two apart.
 */
import { z } from 'zod';
import { winRateSchema } from './evaluations.js';
import { chatTurnSchema } from './generation.js';

const count = z.int().min(0);
const named = z.strictObject({ id: z.uuid(), name: z.string() });

/** Where the prompts come from. */
export const queuePromptsSchema = z.discriminatedUnion('type', [
  /** Those of the pairs that a dataset holds out: what an evaluation judges by. */
  z.strictObject({ type: z.literal('dataset'), datasetId: z.uuid() }),
  z.strictObject({ type: z.literal('prompt_set'), promptSetId: z.uuid() }),
]);
export type QueuePrompts = z.infer<typeof queuePromptsSchema>;

const ratersPerPair = z.int().min(1).max(20);
/** Body of `POST /api/rating-queues`. */
export const newRatingQueueSchema = z.strictObject({
  name: z.string().trim().min(1).max(80),
  firstId: z.uuid(),
  secondId: z.uuid(),
  prompts: queuePromptsSchema,
  /** Prompts, each once; where there are more, those that a reward model was least sure of when it last scored answers to them. */
  maxPairs: z.int().min(1).max(500).default(50),
  /** How many people are to judge each pair. */
  ratersPerPair: ratersPerPair.default(1),
  maxTokens: z.int().min(1).max(4096).default(256).meta({ unit: 'tokens' }),
});
export type NewRatingQueue = z.infer<typeof newRatingQueueSchema>;

/** Body of `PATCH /api/rating-queues/:id`. */
export const updateRatingQueueSchema = z.strictObject({
  ratersPerPair: ratersPerPair.optional(),
  /** A closed queue keeps its votes and asks for no more. */
  isOpen: z.boolean().optional(),
});
export type UpdateRatingQueue = z.infer<typeof updateRatingQueueSchema>;

/** How far raters agree; null where too few pairs have two judgements. */
export const agreementSchema = z.strictObject({
  /** Pairs with two judgements or more. */
  pairs: count,
  /** Krippendorff's alpha over all judgements, nominal: 1 is full agreement, 0 what chance gives. */
  alpha: z.number().max(1).nullable(),
  /** Fleiss' kappa over the pairs that as many people judged as the most of them. */
  fleissKappa: z.number().max(1).nullable(),
  /** Any two raters, over the pairs that both judged. */
  raters: z.array(
    z.strictObject({
      first: z.string(),
      second: z.string(),
      pairs: count,
      /** Share of these pairs on which they said the same. */
      same: z.number().min(0).max(1),
      cohenKappa: z.number().max(1).nullable(),
    }),
  ),
});
export type Agreement = z.infer<typeof agreementSchema>;

export const ratingQueueSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  first: named,
  second: named,
  /** What the prompts are from, as it was called then. */
  promptsName: z.string(),
  ratersPerPair: z.int(),
  isOpen: z.boolean(),
  createdAt: z.iso.datetime(),
  pairs: z.strictObject({
    all: count,
    /** Both versions have answered. */
    ready: count,
    /** One of them could not, or both said the same: nobody is asked. */
    unfit: count,
    /** Whose prompt it is does not allow training with it any more: shown to nobody meanwhile. */
    withheld: count,
  }),
  votes: count,
  /** Votes still wanted until every pair has as many as it should. */
  votesWanted: count,
  /** Of the first version against the second, in this queue. */
  winRate: winRateSchema,
  agreement: agreementSchema,
  labour: z.strictObject({
    /** What people spent on votes, as far as it was measured. */
    seconds: z.number().min(0),
    /** Median of a vote; null without any. */
    medianSeconds: z.number().min(0).nullable(),
  }),
});
export type RatingQueue = z.infer<typeof ratingQueueSchema>;

/** A pair to judge, without a word of where it comes from. */
export const ratingTaskSchema = z.strictObject({
  pairId: z.uuid(),
  turns: z.array(chatTurnSchema),
  left: z.string(),
  right: z.string(),
});
export type RatingTask = z.infer<typeof ratingTaskSchema>;

/** `POST /api/ratings/next`, and the answer to a vote or a skip: what comes next. */
export const nextRatingSchema = z.strictObject({
  /** Null when there is nothing to judge for this person now. */
  task: ratingTaskSchema.nullable(),
  /** Pairs that wait for this person, this one among them. */
  waiting: count,
  /** What this person has judged so far, in all queues. */
  judged: count,
});
export type NextRating = z.infer<typeof nextRatingSchema>;
