/**
 * A training run as the server keeps and tells it: what was asked for, where it stands, what came of it.
 *
 * Its settings are runs.ts, what it says while it goes on run-events.ts.
 */
import { z } from 'zod';
import {
  rolloutGroupSchema,
  runArtefactSchema,
  runErrorSchema,
  runEventSchema,
  runPlanSchema,
  runProgressSchema,
} from './run-events.js';
import { newRunConfigSchema, runConfigSchema } from './runs.js';

/**
 * `queued` has its turn still to come (or its hour, see `scheduledAt`); `waiting` has it and lets the chat go first; `running` computes.
 * A run that lost its worker stays `running` until another takes it up where it was.
 */
export const runStates = ['queued', 'waiting', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type RunState = (typeof runStates)[number];

const endedStates: readonly RunState[] = ['succeeded', 'failed', 'cancelled'];
/** Nothing will happen to it unless somebody asks. */
export function isEnded(state: RunState): boolean {
  return endedStates.includes(state);
}

export const runPriorities = ['high', 'normal', 'low'] as const;
export type RunPriority = (typeof runPriorities)[number];

/**
 * `share`: both compute, the run with lower priority and fewer threads; `idle`: the run stands still while anybody is being answered;
 * `pause`: the run has the machine to itself, and answers begin after it.
 */
export const runSharings = ['share', 'idle', 'pause'] as const;
export type RunSharing = (typeof runSharings)[number];

/** `nightly`: when it begins, the same run is queued for the next day at that time, on the newest version of its dataset. */
export const runRepeats = ['once', 'nightly'] as const;
export type RunRepeat = (typeof runRepeats)[number];

const timestamp = z.iso.datetime();
const metrics = z.record(z.string(), z.number());
const name = z.string().trim().min(1).max(100);

/** Body of `POST /api/runs` and of an estimate. */
export const newRunSchema = z
  .strictObject({
    /** Empty takes one made of the kind and the dataset. */
    name: name.nullable().default(null),
    config: newRunConfigSchema,
    datasetId: z.uuid(),
    /** Version to start from: a base, or an adapter on one. */
    startVersionId: z.uuid(),
    priority: z.enum(runPriorities).default('normal'),
    sharing: z.enum(runSharings).default('share'),
    /** Not before this time; null starts as soon as there is room. */
    scheduledAt: timestamp.nullable().default(null),
    repeats: z.enum(runRepeats).default('once'),
    /** What the model in training is asked at each checkpoint; empty asks the first prompts of the held-out rows. */
    samplePrompts: z.array(z.string().trim().min(1).max(2000)).max(8).default([]),
  })
  .refine(({ repeats, scheduledAt }) => repeats === 'once' || scheduledAt !== null, {
    path: ['scheduledAt'],
    message: 'a run that repeats needs a time',
  });
export type NewRun = z.infer<typeof newRunSchema>;

/** Body of `PATCH /api/runs/:id`: what may change as long as the run has not begun, and its name at any time. */
export const changeRunSchema = z.strictObject({
  name: name.optional(),
  priority: z.enum(runPriorities).optional(),
  scheduledAt: timestamp.nullable().optional(),
});
export type ChangeRun = z.infer<typeof changeRunSchema>;

export const runSummarySchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  kind: z.string(),
  state: z.enum(runStates),
  /** As they were called when the run was made; they may be gone. */
  modelName: z.string(),
  startVersionName: z.string(),
  datasetName: z.string(),
  priority: z.enum(runPriorities),
  sharing: z.enum(runSharings),
  scheduledAt: timestamp.nullable(),
  repeats: z.enum(runRepeats),
  /** Optimiser steps done. */
  step: z.int(),
  /** Null until the run has read its data. */
  totalSteps: z.int().nullable(),
  /** What it is at; null before it began and after it ended. */
  phase: runProgressSchema.nullable(),
  /** Of the last steps, averaged; null before the first. */
  secondsPerStep: z.number().nullable(),
  error: runErrorSchema.nullable(),
  /** Of the last step and the last evaluation. */
  metrics,
  /** What can answer because of it; null while there is nothing, and for a reward model. */
  resultVersionId: z.uuid().nullable(),
  createdAt: timestamp,
  startedAt: timestamp.nullable(),
  finishedAt: timestamp.nullable(),
});
export type RunSummary = z.infer<typeof runSummarySchema>;

/** One line of the log. Steps are not among them; those are points. */
export const runLogLineSchema = z.strictObject({ id: z.int(), at: timestamp, event: runEventSchema });
export type RunLogLine = z.infer<typeof runLogLineSchema>;

/** What the model said to a fixed prompt after so many steps. */
export const runSampleSchema = z.strictObject({
  step: z.int(),
  prompt: z.string(),
  answer: z.string(),
});
export type RunSample = z.infer<typeof runSampleSchema>;

export const runDetailSchema = runSummarySchema.extend({
  config: runConfigSchema,
  datasetId: z.uuid(),
  startVersionId: z.uuid(),
  samplePrompts: z.array(z.string()),
  plan: runPlanSchema.nullable(),
  artefacts: z.array(runArtefactSchema),
  log: z.array(runLogLineSchema),
  samples: z.array(runSampleSchema),
});
export type RunDetail = z.infer<typeof runDetailSchema>;

export const runListSchema = z.strictObject({ runs: z.array(runSummarySchema) });

/** Metrics after one step, those of an evaluation at it included. */
export const runPointSchema = z.strictObject({ step: z.int(), at: timestamp, metrics });
export type RunPoint = z.infer<typeof runPointSchema>;
export const runPointsSchema = z.strictObject({ points: z.array(runPointSchema) });

/** Some of what was sampled for one step, and what it was worth. */
export const runRolloutSchema = z.strictObject({
  step: z.int(),
  at: timestamp,
  groups: z.array(rolloutGroupSchema),
});
export type RunRollout = z.infer<typeof runRolloutSchema>;

export const runRolloutsSchema = z.strictObject({
  /** Those whose answers are kept, ascending; of a long run not all of them. None for a run that does not answer itself. */
  steps: z.array(z.int()),
  /** The last one up to the step that was asked for; null where there is none. */
  shown: runRolloutSchema.nullable(),
});
export type RunRollouts = z.infer<typeof runRolloutsSchema>;

/** What a run will take, measured on the machine that would do it. */
export const runEstimateSchema = z.strictObject({
  device: z.string(),
  trainableParameterCount: z.number(),
  totalSteps: z.int(),
  /** Examples that are left after the split and what is too long. */
  examples: z.int(),
  heldOutExamples: z.int(),
  dropped: z.int(),
  memoryBytes: z.number(),
  /** Free beside what runs now, the chat's models among it. */
  memoryAvailableBytes: z.number(),
  fits: z.boolean(),
  /** Of one measured step; null where the run does not fit. */
  secondsPerStep: z.number().nullable(),
  /** Whole run: reading, reference, steps and evaluations; null where it does not fit. */
  seconds: z.number().nullable(),
  /** True when another run computed at the same time, which makes this one look slower than it is alone. */
  measuredBesideRun: z.boolean(),
});
export type RunEstimate = z.infer<typeof runEstimateSchema>;

/** Entry of `GET /api/runs/chat-effect`: how the chat's newest answers fared beside a run of this sharing, or beside none. */
export const chatEffectSchema = z.strictObject({
  beside: z.enum([...runSharings, 'nothing']),
  answers: z.int(),
  /** Medians. */
  firstTokenMs: z.number(),
  tokensPerSecond: z.number(),
});
export type ChatEffect = z.infer<typeof chatEffectSchema>;

/** Job of the `train` queue. */
export const trainJobSchema = z.strictObject({ runId: z.uuid() });
export type TrainJob = z.infer<typeof trainJobSchema>;

/** Job of the `training-tasks` queue, done beside a run. */
export const trainingTaskSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('estimate'), run: newRunSchema }),
  /** Removes what a deleted run left; its row is gone. */
  z.strictObject({ type: z.literal('remove'), runId: z.uuid() }),
  /** Judges a candidate; the row has everything else. */
  z.strictObject({ type: z.literal('evaluate'), evaluationId: z.uuid() }),
]);
export type TrainingTask = z.infer<typeof trainingTaskSchema>;
