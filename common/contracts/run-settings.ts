/** What every kind of run can be told: the optimiser, the data, when to judge and when to save. One field, one title, one range. */
import { z } from 'zod';

export const positiveInt = z.int().min(1);

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

export const sharedSettings = {
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
