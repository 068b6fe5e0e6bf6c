/**
 * Rounds: the circle of a model, gone around by itself. Feedback becomes a dataset, a dataset a run, a run a version, a version is judged
 * against what is live and, where it is better, put live; the next round starts from there.
 */
import { z } from 'zod';
import { dataCountsSchema, feedbackRecipeSchema, splitSettingsSchema } from './datasets.js';
import { evaluationStates, gateSchema } from './evaluations.js';
import { newRoundRecipeSchema, roundRecipeSchema } from './round-recipe.js';
import { runErrorSchema } from './run-events.js';
import { runSharings, runSummarySchema } from './run-records.js';

const timestamp = z.iso.datetime();
const count = z.int().min(0);
const named = z.strictObject({ id: z.uuid(), name: z.string() });

/** When the next round begins, beside whenever somebody asks for it. */
export const roundBeginSchema = z.discriminatedUnion('when', [
  z.strictObject({ when: z.literal('asked') }),
  /** As soon as so many usable acts are in that the round before had not. */
  z.strictObject({ when: z.literal('feedback'), acts: z.int().min(1).max(1_000_000) }),
  /** At this time of every day, from then on, if there is anything new. */
  z.strictObject({ when: z.literal('nightly'), at: timestamp }),
  /** As soon as the one before has ended: the same feedback may teach a better model more. */
  z.strictObject({ when: z.literal('ended') }),
]);
export type RoundBegin = z.infer<typeof roundBeginSchema>;
export type RoundOccasion = RoundBegin['when'];
export const roundOccasions = ['asked', 'feedback', 'nightly', 'ended'] as const;

/** How the rounds of a model go. Saved, it counts from the next round on; a round keeps the plan that it began with. */
export const roundPlanSchema = z.strictObject({
  begin: roundBeginSchema.default({ when: 'asked' }),
  /** Which feedback a round learns from. */
  data: feedbackRecipeSchema.prefault({}),
  splitSettings: splitSettingsSchema.prefault({ heldOutFraction: 0.2 }),
  recipe: roundRecipeSchema.default({ type: 'proposed' }),
  sharing: z.enum(runSharings).default('share'),
  /** Dataset whose held-out pairs judge every round alike; null takes those of the round's own. */
  judgedOn: z.uuid().nullable().default(null),
  /** Prompt sets that what is live must not beat the new version on; null takes every set for regression and safety. */
  promptSetIds: z.array(z.uuid()).max(20).nullable().default(null),
  /** Begins none by itself after two rounds in a row that were not proven better than what was live before them. */
  stopsWhenFlat: z.boolean().default(true),
  /** `asked` waits for an admin's yes once the gate passes; `gate` does not. */
  promotes: z.enum(['asked', 'gate']).default('asked'),
});
export type RoundPlan = z.infer<typeof roundPlanSchema>;

/** Body of `PUT /api/models/:id/round-plan`. A plan that is stored may hold what is refused by now. */
export const newRoundPlanSchema = roundPlanSchema.extend({
  recipe: newRoundRecipeSchema.default({ type: 'proposed' }),
});

export const roundSteps = ['dataset', 'run', 'evaluation', 'promotion'] as const;
export type RoundStep = (typeof roundSteps)[number];

/**
 * `asking` waits for an admin's yes; `failed` stands still until it is retried or cancelled. The others are over: `promoted` is live,
 * `kept` was not proven better, `declined` was refused by an admin.
 */
export const roundStates = [
  'running',
  'asking',
  'failed',
  'promoted',
  'kept',
  'declined',
  'cancelled',
] as const;
export type RoundState = (typeof roundStates)[number];

const openStates: readonly RoundState[] = ['running', 'asking', 'failed'];
/** Not over; a model has one such round at most. */
export function isOpen(state: RoundState): boolean {
  return openStates.includes(state);
}

export const roundSchema = z.strictObject({
  id: z.uuid(),
  modelId: z.uuid(),
  /** Counts from 1 within a model. */
  number: z.int().min(1),
  state: z.enum(roundStates),
  /** The current one, or the last. */
  step: z.enum(roundSteps),
  /** Since when it is at that step. */
  steppedAt: timestamp,
  occasion: z.enum(roundOccasions),
  plan: roundPlanSchema,
  /** Usable acts that the round before had not. */
  newActs: count,
  /** What was live when it began, and what it starts from. */
  start: named,
  /** Null until it is frozen, and once it is deleted. */
  dataset: named.extend({ counts: dataCountsSchema }).nullable(),
  /** In the order of the recipe, as far as they were begun and are still there. */
  runs: z.array(
    runSummarySchema.pick({
      id: true,
      name: true,
      kind: true,
      state: true,
      step: true,
      totalSteps: true,
      startedAt: true,
      finishedAt: true,
    }),
  ),
  /** What the last of the runs made. */
  candidate: named.nullable(),
  evaluation: z.strictObject({ id: z.uuid(), state: z.enum(evaluationStates) }).nullable(),
  /** As it stood when the round came to it. */
  gate: gateSchema.nullable(),
  promotionId: z.uuid().nullable(),
  error: runErrorSchema.nullable(),
  createdAt: timestamp,
  finishedAt: timestamp.nullable(),
});
export type Round = z.infer<typeof roundSchema>;

/** `GET /api/models/:id/circle`: where everything stands. */
export const circleSchema = z.strictObject({
  model: named,
  /** Of what the plan's filter takes and may be used. */
  feedback: z.strictObject({
    usable: count,
    /** Those that the last round had not. */
    fresh: count,
    lastAt: timestamp.nullable(),
  }),
  live: named.extend({ since: timestamp }),
  plan: roundPlanSchema,
  /** Null until somebody saved one. */
  planSavedAt: timestamp.nullable(),
  /** When the rounds stopped to begin by themselves, because two of them won nothing. */
  stoppedAt: timestamp.nullable(),
  /** The newest first. */
  rounds: z.array(roundSchema),
});
export type Circle = z.infer<typeof circleSchema>;
