/**
 * What people say of answers. Every act is one event that is never changed; what counts now is the last event of a person about a subject.
 */
import { z } from 'zod';
import { comparisonSchema } from './comparisons.js';
import { messageSchema } from './conversations.js';
import { provenanceSchema } from './generation.js';
import { learnerSchema } from './lineage.js';

/** `thumb` rates an answer; `comparison` chooses between two that were shown blind; `pick` goes on from one of several; `edit` improves one. */
export const feedbackKinds = ['thumb', 'comparison', 'pick', 'edit'] as const;
export const feedbackKindSchema = z.enum(feedbackKinds);
export type FeedbackKind = z.infer<typeof feedbackKindSchema>;

export const maxCommentLength = 10_000;
const tags = z
  .array(z.string().regex(/^[a-z0-9-]{1,40}$/))
  .max(20)
  .default([]);
const comment = z.string().max(maxCommentLength).default('');

/** How the act came about: kept with it, never shown to other raters. */
const circumstancesSchema = z.strictObject({
  /** From seeing the answers, or from the act before, to deciding. What is longer than ten minutes counts as ten (`taken_ms` of the event). */
  durationMs: z.int().min(0).max(86_400_000).nullable().default(null),
  clientVersion: z.string().max(40).nullable().default(null),
});

/** Body of `PUT /api/messages/:id/thumb`. A value of null takes the thumb back. */
export const giveThumbSchema = circumstancesSchema.extend({
  value: z.enum(['up', 'down']).nullable(),
  tags,
  score: z.int().min(1).max(10).nullable().default(null),
  comment,
});
export type GiveThumb = z.infer<typeof giveThumbSchema>;

export const comparisonOutcomes = ['left', 'right', 'tie', 'both_bad'] as const;
export const sideSchema = z.enum(['left', 'right', 'tie']);

/** Body of `POST /api/comparisons/:id/vote`. */
export const voteSchema = circumstancesSchema.extend({
  outcome: z.enum(comparisonOutcomes),
  tags,
  /** Which side was better by the admin's criteria, by their keys. */
  criteria: z.record(z.string().regex(/^[a-z0-9-]{1,40}$/), sideSchema).default({}),
  comment,
});
export type Vote = z.infer<typeof voteSchema>;

/** What an event says, by its kind. `withdrawn` takes back what the person said of the subject before. */
export const feedbackPayloadSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('withdrawn') }),
  z.strictObject({
    kind: z.literal('thumb'),
    value: z.enum(['up', 'down']),
    tags: z.array(z.string()),
    score: z.int().nullable(),
    comment: z.string(),
  }),
  z.strictObject({
    kind: z.literal('comparison'),
    outcome: z.enum(comparisonOutcomes),
    tags: z.array(z.string()),
    criteria: z.record(z.string(), sideSchema),
    comment: z.string(),
  }),
  /** The payload names the choice, so that another one is another saying. */
  z.strictObject({ kind: z.literal('pick'), chosenId: z.uuid() }),
  z.strictObject({ kind: z.literal('edit') }),
]);
export type FeedbackPayload = z.infer<typeof feedbackPayloadSchema>;

/** What a message was to an event. */
export const feedbackRoles = ['rated', 'left', 'right', 'chosen', 'rejected', 'original', 'edited'] as const;
export type FeedbackRole = (typeof feedbackRoles)[number];
export const feedbackMessageSchema = z.strictObject({
  /** The message; of an answer outside of the chat, the generation. */
  messageId: z.uuid(),
  role: z.enum(feedbackRoles),
  /** As it was when the event happened; null for a person's own text. */
  provenance: provenanceSchema.nullable(),
});
export type FeedbackMessage = z.infer<typeof feedbackMessageSchema>;

/** What an act will be in the next dataset. */
export const feedbackEffectSchema = z.strictObject({
  /** Pairs of a better and a worse answer, for DPO and the reward model. */
  preferencePairs: z.int().min(0),
  /** Answers marked desirable or undesirable, for KTO. */
  labelledAnswers: z.int().min(0),
  /** Answers to imitate, for SFT. */
  demonstrations: z.int().min(0),
  /** False when the account or the conversation keeps its data out of training: then the numbers are what it would have been. */
  isUsedForTraining: z.boolean(),
});
export type FeedbackEffect = z.infer<typeof feedbackEffectSchema>;

export const feedbackEventSchema = z.strictObject({
  id: z.uuid(),
  /** What the act was about: a message, a comparison, a choice of a completion, or a pair of a raters' queue. */
  subjectId: z.uuid(),
  kind: feedbackKindSchema,
  payload: feedbackPayloadSchema,
  /** Where it was given; null outside of the chat. */
  conversationId: z.uuid().nullable(),
  /** The completion of the API that it is about. */
  completionId: z.string().nullable(),
  /** The pair of a raters' queue that it is about. */
  ratingPairId: z.uuid().nullable(),
  messages: z.array(feedbackMessageSchema),
  createdAt: z.iso.datetime(),
  effect: feedbackEffectSchema,
});
export type FeedbackEvent = z.infer<typeof feedbackEventSchema>;

/** An entry of `GET /api/me/feedback`. */
export const ownFeedbackSchema = feedbackEventSchema.extend({
  /** Of the conversation; null for an answer that the API gave. */
  title: z.string().nullable(),
  /** The answer that the act speaks for; null where there is none to go to any more. */
  messageId: z.uuid().nullable(),
  /** How it begins; empty where it was deleted. */
  excerpt: z.string(),
  /** Versions that were trained on it, the live ones first. */
  learners: z.array(learnerSchema),
});
export type OwnFeedback = z.infer<typeof ownFeedbackSchema>;

/** What ends a blind comparison: names and all else that is known of both answers. */
export const revealSchema = z.strictObject({
  comparison: comparisonSchema,
  left: messageSchema,
  right: messageSchema,
});
export type Reveal = z.infer<typeof revealSchema>;
/** Answer to `POST /api/comparisons/:id/vote`. */
export const voteResultSchema = revealSchema.extend({ event: feedbackEventSchema });
export type VoteResult = z.infer<typeof voteResultSchema>;

/** `GET /api/feedback/guidelines`: what raters are asked to look at; an admin's list. */
export const guidelinesSchema = z.strictObject({
  version: z.int().min(1),
  /** Reasons offered after a thumb down or up, and criteria of comparisons; `label` by language. */
  tags: z.array(
    z.strictObject({
      key: z.string().regex(/^[a-z0-9-]{1,40}$/),
      applies: z.enum(['up', 'down', 'comparison']),
      label: z.strictObject({ en: z.string().min(1), zh: z.string().min(1) }),
    }),
  ),
  criteria: z.array(
    z.strictObject({
      key: z.string().regex(/^[a-z0-9-]{1,40}$/),
      label: z.strictObject({ en: z.string().min(1), zh: z.string().min(1) }),
    }),
  ),
});
/** Body of `PUT /api/feedback/guidelines`. */
export const guidelineListsSchema = guidelinesSchema.omit({ version: true });
export type Guidelines = z.infer<typeof guidelinesSchema>;
