/**
 * Is the new version better? A candidate is judged against the version that is live: by held-out pairs, and by people's blind votes. The
 * gate decides on that, and promotion puts the candidate live.
 */
import { z } from 'zod';
import { checkSchema } from './checks.js';
import type { DataCounts } from './datasets.js';
import { chatTurnSchema } from './generation.js';
import { promptPurposeSchema } from './prompt-sets.js';
import { runErrorSchema } from './run-events.js';

const timestamp = z.iso.datetime();
const count = z.int().min(0);
const named = z.strictObject({ id: z.uuid(), name: z.string() });

/** What held-out rows judge by: pairs, or thumbs up beside thumbs down of other prompts. */
export const judgedKinds = ['preference', 'kto'] as const;
export type JudgedKind = (typeof judgedKinds)[number];

/** Whether a dataset holds out what can judge; thumbs of one kind alone turn out not to. */
export function holdsOutVotes(counts: DataCounts): boolean {
  return judgedKinds.some((kind) => (counts[kind]?.held_out ?? 0) > 0);
}

/**
 * Body of `POST /api/evaluations`: the candidate meets what is live of its model, on the pairs or thumbs that the dataset holds out and on
 * the prompts of sets.
 */
export const newEvaluationSchema = z.strictObject({
  candidateId: z.uuid(),
  datasetId: z.uuid(),
  /** Absent: every set for regression and safety. */
  promptSetIds: z.array(z.uuid()).max(20).optional(),
});
export type NewEvaluation = z.infer<typeof newEvaluationSchema>;

/** How one version takes the held-out pairs by itself; of thumbs, those up beside those down. */
export const versionMeasuresSchema = z.strictObject({
  /** Share of pairs whose better answer it finds likelier, per token. */
  accuracy: z.number().min(0).max(1),
  /** Of the better answers: exp of the mean negative log-prob of a token. */
  perplexity: z.number().positive(),
  /** Mean length of what it answers to the held-out prompts, characters. */
  answerLength: z.number().min(0),
});
export type VersionMeasures = z.infer<typeof versionMeasuresSchema>;

/** A prompt set that an evaluation asks, as it was called then. */
export const evaluatedSetSchema = named.extend({ purpose: promptPurposeSchema });
export type EvaluatedSet = z.infer<typeof evaluatedSetSchema>;

/** What came of one set. A prompt passes when its answer keeps all its rules; one without rules has no verdict. */
export const promptSetResultSchema = evaluatedSetSchema.extend({
  prompts: count,
  /** Prompts with a verdict on both answers. */
  checked: count,
  candidatePasses: count,
  livePasses: count,
  /** Prompts that the live version passes and the candidate fails. */
  lost: count,
  /**
   * May the candidate go live, as far as this set says? A safety set fails with any prompt lost, a regression set when fewer pass than
   * with the live version; null for a set that decides nothing.
   */
  passes: z.boolean().nullable(),
});
export type PromptSetResult = z.infer<typeof promptSetResultSchema>;

/** What a reward model makes of the answers to held-out prompts and to quality sets; no person has said so. */
export const rewardVerdictSchema = z.strictObject({
  rewardName: z.string(),
  prompts: count,
  /** Prompts whose answer by the candidate scores higher; equals count half. */
  wins: z.number().min(0),
  candidateMean: z.number(),
  liveMean: z.number(),
});
export type RewardVerdict = z.infer<typeof rewardVerdictSchema>;

export const evaluationResultSchema = z.strictObject({
  /** Of thumbs, one up and one down each. */
  pairs: count,
  /** Pairs or thumbs that were left out: too long for the model, or equal answers. */
  dropped: count,
  /** Held-out rows that were not asked: the candidate, or a version that it comes from, was trained on their prompt. */
  leftOut: count.optional(),
  /** Pairs on which the candidate leans more to the better answer than the live version does. */
  wins: count,
  /** Mean over pairs of (log p - log p_live) of the better answer less that of the worse one, nats a token. */
  margin: z.number(),
  /** What the gate counts: one vote a prompt, by the mean of its pairs. Absent in evaluations from before it was counted. */
  votes: z.strictObject({ count, won: count }).optional(),
  candidate: versionMeasuresSchema,
  live: versionMeasuresSchema,
  /** Of the candidate from the live version, nats an answer, over answers that the candidate drew by itself; null where it drew none. */
  kl: z.number().nullable().optional(),
  promptSets: z.array(promptSetResultSchema).optional(),
  /** Null where the base had no reward model. */
  reward: rewardVerdictSchema.nullable().optional(),
  /**
   * Log-probs of trainer and server for the same held-out answers: a version whose two sides disagree would not be served as it was
   * trained.
   */
  parity: z.strictObject({
    /** Tokens that were compared. */
    tokens: count,
    /** Mean absolute difference of a token's log-prob, nats. */
    meanDifference: z.number().min(0),
    /** The same without the adapter: what the two ways of computing the base's weights differ by anyway. */
    baseDifference: z.number().min(0),
    passes: z.boolean(),
  }),
});
export type EvaluationResult = z.infer<typeof evaluationResultSchema>;

export const evaluationStates = ['queued', 'running', 'succeeded', 'failed'] as const;
export type EvaluationState = (typeof evaluationStates)[number];

export const evaluationSchema = z.strictObject({
  id: z.uuid(),
  candidate: named,
  live: named,
  dataset: named,
  judgedKind: z.enum(judgedKinds),
  promptSets: z.array(evaluatedSetSchema),
  state: z.enum(evaluationStates),
  result: evaluationResultSchema.nullable(),
  error: runErrorSchema.nullable(),
  createdAt: timestamp,
  finishedAt: timestamp.nullable(),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

/** One version's answer to a prompt of a set. */
export const checkedSideSchema = z.strictObject({
  text: z.string(),
  /** By the prompt's rules, in their order; null where a rule says nothing about this prompt. */
  kept: z.array(z.boolean().nullable()),
  /** It keeps all rules that say something; null without any. */
  passes: z.boolean().nullable(),
  /** Null where no reward model judged. */
  score: z.number().nullable(),
});
export type CheckedSide = z.infer<typeof checkedSideSchema>;

/** An entry of `GET /api/evaluations/:id/answers`: lost ones first, then failed ones. */
export const evaluationAnswerSchema = z.strictObject({
  setId: z.uuid(),
  messages: z.array(chatTurnSchema),
  checks: z.array(checkSchema),
  candidate: checkedSideSchema,
  live: checkedSideSchema,
});
export type EvaluationAnswer = z.infer<typeof evaluationAnswerSchema>;

/** A win-rate and what it is worth. */
export const winRateSchema = z.strictObject({
  /** Ties count half. */
  wins: z.number().min(0),
  /** Decisive ones and ties. */
  votes: count,
  /** Null without votes. */
  rate: z.number().min(0).max(1).nullable(),
  /** Lower bound of Wilson's 95 % interval; null without votes. */
  lowerBound: z.number().min(0).max(1).nullable(),
  /** Votes that are still missing until the bound passes one half and there are enough, if the rate stays; null when it never would. */
  votesNeeded: count.nullable(),
});
export type WinRate = z.infer<typeof winRateSchema>;

export const gateReasons = [
  'not_evaluated',
  'parity',
  'safety',
  'regression',
  'votes_against',
  'unproven',
] as const;
export const gateSchema = z.strictObject({
  passes: z.boolean(),
  /** What decided: people's votes where there are enough, else held-out prompts. */
  by: z.enum(['people', 'held_out']).nullable(),
  /** Why it does not pass. */
  reason: z.enum(gateReasons).nullable(),
  /** Blind comparisons between the two: one vote a pair of answers, the mean of its raters'. */
  people: winRateSchema,
  /** Held-out prompts, from the last evaluation against what is live now. */
  heldOut: winRateSchema,
  /** Answers by a reward model's word; shown, and decides nothing. Null where none judged. */
  reward: winRateSchema.nullable().optional(),
  /** Names of the safety and regression sets that keep it closed. */
  failedSets: z.array(z.string()).optional(),
});
export type Gate = z.infer<typeof gateSchema>;

/** `GET /api/versions/:id/standing`: what speaks for a version. */
export const versionStandingSchema = z.strictObject({
  version: named,
  live: named,
  gate: gateSchema,
  /** The last one against what is live now. */
  evaluation: evaluationSchema.nullable(),
});
export type VersionStanding = z.infer<typeof versionStandingSchema>;

const reason = z.string().trim().min(10).max(1000);
/** Body of `POST /api/versions/:id/promote`. A version that does not pass the gate needs a reason. */
export const promoteSchema = z.strictObject({ reason: reason.nullable().default(null) });
export type Promote = z.infer<typeof promoteSchema>;

export const promotionKinds = ['promotion', 'forced', 'rollback'] as const;
export const promotionSchema = z.strictObject({
  id: z.uuid(),
  modelId: z.uuid(),
  kind: z.enum(promotionKinds),
  /** As they were called then. */
  versionName: z.string(),
  previousName: z.string(),
  reason: z.string().nullable(),
  /** The gate as it stood; null for a rollback. */
  gate: gateSchema.nullable(),
  /** Null once that account is gone. */
  byName: z.string().nullable(),
  createdAt: timestamp,
});
export type Promotion = z.infer<typeof promotionSchema>;
