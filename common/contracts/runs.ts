/**
 * What a training run can be asked to do: one strict schema a kind, with TRL 1.13's defaults so that results compare.
 *
 * The form on the page, the command line, the gateway and the trainer read these same schemas. Each field carries a title, a help text and,
 * where it has one, a unit, through zod's `.meta`; ranges are zod's own checks. Data and model are named by whoever starts the run.
 */
import { z } from 'zod';

const positiveInt = z.int().min(1);

const loraSchema = z.strictObject({
  rank: positiveInt.max(512).default(16).meta({
    title: 'LoRA rank',
    description:
      'Width of the two small matrices beside each trained layer; higher learns more and costs more.',
  }),
  alpha: z.number().positive().max(4096).default(32).meta({
    title: 'LoRA alpha',
    description: 'The adapter is added with the factor alpha / rank.',
  }),
  targets: z
    .array(z.string().regex(/^[a-z0-9_]+$/))
    .min(1)
    .nullable()
    .default(null)
    .meta({
      title: 'Adapted layers',
      description: 'Linear layers by their GGUF names (attn_q, ffn_down); empty means every one.',
    }),
});

const shared = {
  mode: z.enum(['lora', 'full']).default('lora').meta({
    title: 'What is trained',
    description: 'A small adapter beside the frozen model (lora), or every weight (full; for small models).',
  }),
  lora: loraSchema.prefault({}).meta({ title: 'Adapter' }),
  learningRate: z.number().positive().max(1).nullable().default(null).meta({
    title: 'Learning rate',
    description: "Empty takes the kind's default: ten times higher for an adapter than for full training.",
  }),
  schedule: z.enum(['linear', 'cosine', 'constant']).default('linear').meta({
    title: 'Learning rate schedule',
    description: 'How the learning rate goes down to zero over the run, or that it does not.',
  }),
  warmupSteps: z.int().min(0).default(0).meta({
    title: 'Warm-up',
    unit: 'steps',
    description: 'Steps over which the learning rate rises from zero.',
  }),
  weightDecay: z.number().min(0).max(1).default(0).meta({
    title: 'Weight decay',
    description: "AdamW's decoupled decay.",
  }),
  maxGradNorm: z.number().positive().default(1).meta({
    title: 'Gradient clip',
    description: 'A gradient with a larger norm is scaled down to it.',
  }),
  epochs: z.number().positive().max(1000).default(3).meta({
    title: 'Epochs',
    unit: 'passes over the data',
    description: 'A fraction trains on part of the data.',
  }),
  maxSteps: positiveInt.nullable().default(null).meta({
    title: 'Step limit',
    unit: 'steps',
    description: 'Ends the run earlier than its epochs would.',
  }),
  batchSize: positiveInt.max(4096).default(8).meta({
    title: 'Batch size',
    unit: 'examples',
    description: 'Examples computed together; a pair or a ranking counts as one.',
  }),
  gradientAccumulationSteps: positiveInt.max(4096).default(1).meta({
    title: 'Gradient accumulation',
    unit: 'batches',
    description: 'Batches computed one after the other for one step; the result equals one larger batch.',
  }),
  maxLength: z.int().min(8).max(1_048_576).default(1024).meta({
    title: 'Longest example',
    unit: 'tokens',
    description: 'Prompt and answer together.',
  }),
  tooLong: z.enum(['truncate', 'drop']).default('truncate').meta({
    title: 'Longer examples',
    description:
      'Cut the beginning of the prompt, then the end of the answer; or leave the example out. Both are counted.',
  }),
  heldOutFraction: z.number().min(0).max(0.5).default(0.1).meta({
    title: 'Held out',
    unit: 'share of the prompts',
    description: 'Kept from training to judge it; split by prompt, never by row.',
  }),
  evalEverySteps: positiveInt.nullable().default(null).meta({
    title: 'Evaluate every',
    unit: 'steps',
    description: 'Empty evaluates before the first step and after the last only.',
  }),
  checkpointEverySteps: positiveInt.default(100).meta({
    title: 'Checkpoint every',
    unit: 'steps',
    description: 'A run that was cut off goes on from its last checkpoint.',
  }),
  keepCheckpoints: positiveInt.max(100).default(2).meta({
    title: 'Checkpoints kept',
    description: 'Older ones are removed.',
  }),
  shuffle: z.boolean().default(true).meta({
    title: 'Shuffle',
    description: 'A new order every epoch, drawn from the seed.',
  }),
  groupByLength: z.boolean().default(false).meta({
    title: 'Group by length',
    description: 'Puts examples of like length into the same batch: less padding, less random.',
  }),
  seed: z.int().min(0).max(0xffff_ffff).default(42).meta({
    title: 'Seed',
    description: 'The same seed gives the same run.',
  }),
};

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

export const runConfigSchema = z.discriminatedUnion('kind', [
  sftConfigSchema,
  pretrainConfigSchema,
  rewardConfigSchema,
  dpoConfigSchema,
  ktoConfigSchema,
  orpoConfigSchema,
  simpoConfigSchema,
]);

export type RunConfig = z.infer<typeof runConfigSchema>;
export type RunKind = RunConfig['kind'];
export type RunConfigOf<K extends RunKind> = Extract<RunConfig, { kind: K }>;

/** Each kind's own schema, for a form or a command line that asks for one kind. */
export const runConfigSchemas = {
  sft: sftConfigSchema,
  pretrain: pretrainConfigSchema,
  reward: rewardConfigSchema,
  dpo: dpoConfigSchema,
  kto: ktoConfigSchema,
  orpo: orpoConfigSchema,
  simpo: simpoConfigSchema,
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
} satisfies Record<RunKind, Record<RunConfig['mode'], number>>;

/** The learning rate that a run starts from: the one it asks for, or its kind's default. */
export function learningRateOf(config: RunConfig): number {
  return config.learningRate ?? defaultLearningRates[config.kind][config.mode];
}
