/**
 * What a training run tells while it goes on: one union, for the command line, the training worker and the page alike.
 */
import { z } from 'zod';
import { errorCatalogue, type ErrorCode } from './errors.js';

const metricsSchema = z.record(z.string(), z.number());

export const runPhases = [
  'loading',
  'reading',
  'reference',
  'sampling',
  'scoring',
  'training',
  'evaluating',
  'writing',
] as const;

/** What is going on; `done` of `total` where it can be counted. */
export const runProgressSchema = z.strictObject({
  phase: z.enum(runPhases),
  done: z.int().optional(),
  total: z.int().optional(),
});
export type RunProgress = z.infer<typeof runProgressSchema>;

/** What was read, cut and left out of one file. */
const dataReportSchema = z.strictObject({
  examples: z.int(),
  dropped: z.int(),
  truncatedPrompts: z.int(),
  truncatedAnswers: z.int(),
  longest: z.int(),
  tokens: z.int(),
  targets: z.int(),
});
export type DataReport = z.infer<typeof dataReportSchema>;

/** Known before the first step. */
export const runPlanSchema = z.strictObject({
  totalSteps: z.int(),
  /** Steps that an earlier session of this run has done. */
  doneSteps: z.int(),
  architecture: z.string(),
  modelName: z.string(),
  device: z.string(),
  parameterCount: z.number(),
  trainableParameterCount: z.number(),
  memoryBytes: z.number(),
  memoryAvailableBytes: z.number(),
  train: dataReportSchema,
  heldOut: dataReportSchema.nullable(),
});
export type RunPlan = z.infer<typeof runPlanSchema>;

/** A finding of the health page. `stop` ends the run. */
export const runVerdictSchema = z.strictObject({
  id: z.enum([
    'reference-differs',
    'chosen-falls',
    'kl-high',
    'too-easy',
    'gradient-high',
    'split-suspect',
    'epochs-many',
    'weights-unbalanced',
    'no-signal',
    'answers-cut',
    'entropy-low',
    'kl-diverged',
    'repetition-high',
    'rewards-missing',
    'sampler-differs',
    'reward-fooled',
  ]),
  severity: z.enum(['notice', 'warning', 'stop']),
  message: z.string(),
});
export type RunVerdict = z.infer<typeof runVerdictSchema>;

export const runArtefactSchema = z.strictObject({
  kind: z.enum(['adapter', 'peft', 'model', 'card']),
  /** Relative to the run's folder. */
  path: z.string(),
  sizeBytes: z.int(),
});
export type RunArtefact = z.infer<typeof runArtefactSchema>;

export const runErrorSchema = z.object({
  code: z.enum(Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  details: z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.array(z.string()).readonly()]),
  ),
  retryable: z.boolean(),
});

/** A rollout is told in part: enough to read, little enough for a message. */
export const rolloutTold = { groups: 4, answers: 16, characters: 2000 } as const;
const toldText = z.string().max(rolloutTold.characters);

/** One answer that the model in training gave, and what came of it. */
const rolloutAnswerSchema = z.strictObject({
  text: toldText,
  tokens: z.int(),
  /** False: cut off at the limit. */
  ended: z.boolean(),
  /** By the names of `nameRewards`, before weights; null where a reward could not be given. */
  rewards: z.record(z.string(), z.number().nullable()),
  /** Their weighted sum less penalties; null where nothing could be given, which teaches nothing. */
  total: z.number().nullable(),
  /** Mean over the answer's tokens where they differ. */
  advantage: z.number(),
  /** Mean absolute difference of the log-probs of sampler and trainer, nats a token. */
  logProbDifference: z.number(),
});

/** Answers to one prompt. */
export const rolloutGroupSchema = z.strictObject({
  /** The last thing that was said to the model. */
  prompt: toldText,
  answers: z.array(rolloutAnswerSchema).max(rolloutTold.answers),
});
export type RolloutGroup = z.infer<typeof rolloutGroupSchema>;

export const runEventSchema = z.discriminatedUnion('type', [
  runProgressSchema.extend({ type: z.literal('phase') }),
  z.strictObject({ type: z.literal('planned'), plan: runPlanSchema }),
  /** After each optimiser step; names are TRL's. */
  z.strictObject({ type: z.literal('step'), step: z.int(), totalSteps: z.int(), metrics: metricsSchema }),
  /** Over the held-out examples; names begin with `eval_`. */
  z.strictObject({ type: z.literal('evaluated'), step: z.int(), metrics: metricsSchema }),
  /** `adapter` is what the model has learnt by then, as llama.cpp reads it, where the run was asked to keep that. */
  z.strictObject({
    type: z.literal('checkpoint'),
    step: z.int(),
    path: z.string(),
    adapter: z.string().nullable().default(null),
  }),
  /** What the model in training says to the run's fixed prompts. */
  z.strictObject({
    type: z.literal('sampled'),
    step: z.int(),
    samples: z.array(z.strictObject({ prompt: z.string(), answer: z.string() })),
  }),
  /** What a step of a run that answers itself has sampled, and what it was worth. */
  z.strictObject({
    type: z.literal('rollout'),
    step: z.int(),
    groups: z.array(rolloutGroupSchema).max(rolloutTold.groups),
  }),
  z.strictObject({ type: z.literal('verdict'), step: z.int(), verdict: runVerdictSchema }),
  z.strictObject({
    type: z.literal('finished'),
    steps: z.int(),
    metrics: metricsSchema,
    artefacts: z.array(runArtefactSchema),
  }),
  /** Ended by whoever asked; `checkpoint` is where it can go on, relative to the run's folder. */
  z.strictObject({ type: z.literal('cancelled'), step: z.int(), checkpoint: z.string().nullable() }),
  z.strictObject({ type: z.literal('failed'), step: z.int(), error: runErrorSchema }),
]);
export type RunEvent = z.infer<typeof runEventSchema>;
