/**
 * What a training run can be asked to do: one strict schema a kind, with TRL 1.13's defaults so that results compare.
 *
 * The form on the page, the command line, the gateway and the trainer read these same schemas. Each field carries a title, a help text and,
 * where it has one, a unit, through zod's `.meta`; ranges are zod's own checks. Data and model are named by whoever starts the run.
 */
import { z } from 'zod';
import {
  bestOfNConfigSchema,
  grpoConfigSchema,
  ppoConfigSchema,
  rlooConfigSchema,
  withRoomForPrompts,
} from './online-runs.js';
import { sharedSettings as shared } from './run-settings.js';

const beta = (description: string) =>
  z.number().positive().max(100).default(0.1).meta({ title: 'Beta', description });

export const sftConfigSchema = z.strictObject({
  kind: z.literal('sft'),
  ...shared,
  packing: z.boolean().default(false).meta({
    title: 'Packing',
    description: 'Fills every batch row up to the longest length; examples still do not see each other.',
  }),
  divergedGradNorm: z.number().positive().nullable().default(10).meta({
    title: 'Diverged at gradient norm',
    description: 'Three steps in a row above it end the run; empty lets it go on.',
  }),
});

export const pretrainConfigSchema = z.strictObject({
  kind: z.literal('pretrain'),
  ...shared,
  mode: z.enum(['lora', 'full']).default('full').meta({ title: 'What is trained' }),
  epochs: shared.epochs.unwrap().default(1).meta({ title: 'Epochs', unit: 'passes over the data' }),
});

export const rewardConfigSchema = z.strictObject({
  kind: z.literal('reward'),
  ...shared,
  epochs: shared.epochs.unwrap().default(1).meta({
    title: 'Epochs',
    unit: 'passes over the data',
    description: 'A reward model overfits within the second pass; one is advised.',
  }),
  tooLong: z.enum(['truncate', 'drop']).default('drop').meta({ title: 'Longer examples' }),
  centerRewardsCoefficient: z.number().min(0).max(10).default(0).meta({
    title: 'Centring',
    description: 'Pulls the mean of the two scores towards zero; 0.01 is advised.',
  }),
});

export const dpoLossTypes = [
  'sigmoid',
  'sigmoid_norm',
  'ipo',
  'ipo_summed',
  'hinge',
  'robust',
  'exo_pair',
  'nca_pair',
  'bco_pair',
  'sppo_hard',
  'apo_zero',
  'apo_down',
  'discopop',
] as const;

export const dpoConfigSchema = z.strictObject({
  kind: z.literal('dpo'),
  ...shared,
  beta: beta('Pull towards the reference model; higher stays closer to it.'),
  lossType: z.enum(dpoLossTypes).default('sigmoid').meta({
    title: 'Loss',
    description: 'sigmoid is DPO as published; ipo averages per token as TRL does, ipo_summed as the paper.',
  }),
  labelSmoothing: z.number().min(0).max(0.49).default(0).meta({
    title: 'Label smoothing',
    description: 'Share of the choices that are taken to be wrong.',
  }),
  discopopTau: z.number().positive().default(0.05).meta({
    title: 'DiscoPOP temperature',
    description: 'Read by the discopop loss alone.',
  }),
});

export const ktoConfigSchema = z.strictObject({
  kind: z.literal('kto'),
  ...shared,
  batchSize: z.int().min(4).max(4096).default(8).meta({
    title: 'Batch size',
    unit: 'examples',
    description: 'At least 4, since the KL term is estimated inside the batch.',
  }),
  beta: beta('Pull towards the reference model; higher stays closer to it.'),
  lossType: z.enum(['kto', 'apo_zero_unpaired']).default('kto').meta({
    title: 'Loss',
    description: 'apo_zero_unpaired has no KL term.',
  }),
  desirableWeight: z.number().positive().max(1000).default(1).meta({
    title: 'Weight of thumbs up',
    description: 'Weights times counts of both sides should lie between 1:1 and 4:3.',
  }),
  undesirableWeight: z.number().positive().max(1000).default(1).meta({ title: 'Weight of thumbs down' }),
});

export const orpoConfigSchema = z.strictObject({
  kind: z.literal('orpo'),
  ...shared,
  lambda: z.number().positive().max(100).default(0.1).meta({
    title: 'Lambda',
    description: 'Weight of the odds ratio beside the likelihood of the chosen answer.',
  }),
});

export const simpoConfigSchema = z.strictObject({
  kind: z.literal('simpo'),
  ...shared,
  beta: z.number().positive().max(100).default(2).meta({
    title: 'Beta',
    description: 'Scale of the length-averaged log-probs.',
  }),
  gamma: z.number().min(0).max(100).default(1).meta({
    title: 'Gamma',
    description: 'By how much the chosen answer should lead.',
  }),
  labelSmoothing: z.number().min(0).max(0.49).default(0).meta({
    title: 'Label smoothing',
    description: 'Share of the choices that are taken to be wrong.',
  }),
});

/** Settings as they are stored, those from before something was refused among them. */
export const runConfigSchema = z.discriminatedUnion('kind', [
  sftConfigSchema,
  pretrainConfigSchema,
  rewardConfigSchema,
  dpoConfigSchema,
  ktoConfigSchema,
  orpoConfigSchema,
  simpoConfigSchema,
  grpoConfigSchema,
  rlooConfigSchema,
  ppoConfigSchema,
  bestOfNConfigSchema,
]);
/** Settings as they come in. */
export const newRunConfigSchema = withRoomForPrompts(runConfigSchema);

export type RunConfig = z.infer<typeof runConfigSchema>;
export type RunKind = RunConfig['kind'];
export type RunConfigOf<K extends RunKind> = Extract<RunConfig, { kind: K }>;

/** Kinds whose model answers itself, and learns from what its answers were worth. */
export const onlineKinds = ['grpo', 'rloo', 'ppo', 'best_of_n'] as const satisfies readonly RunKind[];
export type OnlineKind = (typeof onlineKinds)[number];
export type OnlineConfig = RunConfigOf<OnlineKind>;
/** Kinds that learn from answers that are there. */
export type OfflineKind = Exclude<RunKind, OnlineKind>;
export type OfflineConfig = RunConfigOf<OfflineKind>;

export const isOnline = (config: RunConfig): config is OnlineConfig =>
  (onlineKinds as readonly RunKind[]).includes(config.kind);

/** Of the distribution that the policy is; 1 where the kind samples nothing. */
export const temperatureOf = (config: RunConfig): number => (isOnline(config) ? config.temperature : 1);

/** Each kind's own schema, for a form or a command line that asks for one kind. */
export const runConfigSchemas = {
  sft: sftConfigSchema,
  pretrain: pretrainConfigSchema,
  reward: rewardConfigSchema,
  dpo: dpoConfigSchema,
  kto: ktoConfigSchema,
  orpo: orpoConfigSchema,
  simpo: simpoConfigSchema,
  grpo: grpoConfigSchema,
  rloo: rlooConfigSchema,
  ppo: ppoConfigSchema,
  best_of_n: bestOfNConfigSchema,
} satisfies Record<RunKind, z.ZodObject>;

/** TRL 1.13's learning rates, and ten times as much for an adapter; ORPO's and SimPO's are their papers'. */
export const defaultLearningRates = {
  sft: { full: 2e-5, lora: 2e-4 },
  pretrain: { full: 6e-4, lora: 2e-4 },
  reward: { full: 1e-4, lora: 1e-3 },
  dpo: { full: 1e-6, lora: 1e-5 },
  kto: { full: 1e-6, lora: 1e-5 },
  orpo: { full: 8e-6, lora: 8e-5 },
  simpo: { full: 8e-7, lora: 8e-6 },
  grpo: { full: 1e-6, lora: 1e-5 },
  rloo: { full: 1e-6, lora: 1e-5 },
  ppo: { full: 3e-6, lora: 1e-5 },
  best_of_n: { full: 2e-5, lora: 2e-4 },
} satisfies Record<RunKind, Record<RunConfig['mode'], number>>;

/** The learning rate that a run starts from: the one it asks for, or its kind's default. */
export function learningRateOf(config: RunConfig): number {
  return config.learningRate ?? defaultLearningRates[config.kind][config.mode];
}
