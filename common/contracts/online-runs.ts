/**
 * Settings of the runs that answer themselves: GRPO, RLOO, PPO and best-of-N distillation. Defaults are TRL 1.13's where it has the setting.
 *
 * A step is one rollout: so many prompts, so many answers to each, their rewards, and every update that is made from them.
 */
import { z } from 'zod';
import { rewardSchema } from './rewards.js';
import { positiveInt, sharedSettings } from './run-settings.js';

const share = z.number().min(0).max(1);

/** What is sampled, and what it is worth. */
const rollout = {
  rewards: z.array(rewardSchema).max(20).default([]).meta({
    title: 'Rewards',
    description: 'What an answer is worth: the weighted sum of these.',
  }),
  groupSize: z.int().min(2).max(64).default(8).meta({
    title: 'Answers per prompt',
    unit: 'answers',
    description: 'Sampled from the model in training, and compared with each other.',
  }),
  temperature: z.number().min(0.05).max(2).default(1).meta({
    title: 'Temperature',
    description: 'Of the sampling; the policy that learns is the one that samples, at this temperature.',
  }),
  maxNewTokens: positiveInt.max(32_768).default(512).meta({
    title: 'Longest answer',
    unit: 'tokens',
    description: 'An answer that has not ended by then is cut off.',
  }),
  iterations: positiveInt.max(100).default(1).meta({
    title: 'Passes over a rollout',
    description: 'How often the same answers are learnt from before new ones are sampled.',
  }),
  missingEndPenalty: z.number().positive().max(1000).nullable().default(null).meta({
    title: 'Penalty for no end',
    description: 'Taken off the reward of an answer that was cut off; empty takes nothing.',
  }),
  lengthPenalty: z.number().min(0).max(1000).default(0).meta({
    title: 'Length penalty',
    description: 'Taken off the reward of an answer of the greatest length; shorter ones lose in proportion.',
  }),
  samplingDifferenceBound: z.number().min(0).max(10).default(0.05).meta({
    title: 'Sampler may differ by',
    unit: 'nats',
    description:
      'Mean difference of the log-probs of sampler and trainer above which importance weights correct it.',
  }),
  importanceSamplingCap: z.number().min(1).max(100).default(3).meta({
    title: 'Importance weights up to',
    description: 'Where they are truncated.',
  }),
};

/** When to stop by itself, and what is kept. */
const guards = {
  heldOutRewardVersionId: z.string().min(1).max(4096).nullable().default(null).meta({
    title: 'Held-out reward model',
    description:
      'A second one, of other data, that judges but is not learnt from: it shows when the first is fooled.',
  }),
  keepBest: z.boolean().default(true).meta({
    title: 'Keep the best',
    description: 'The result is the model that did best on the held-out prompts, not the last one.',
  }),
  stopAtKl: z.number().positive().max(10_000).nullable().default(50).meta({
    title: 'Stop above a KL of',
    unit: 'nats an answer',
    description: 'Distance from where the run began; empty never stops.',
  }),
  stopAtEntropy: z.number().min(0).max(20).nullable().default(0.01).meta({
    title: 'Stop below an entropy of',
    unit: 'nats a token',
    description: 'A model that always says the same has collapsed; empty never stops.',
  }),
  stopAtLength: share.nullable().default(null).meta({
    title: 'Stop when cut off',
    unit: 'share of the answers',
    description: 'Answers that march to the limit are a sign of a fooled reward; empty never stops.',
  }),
  stopAtRepetition: share.nullable().default(null).meta({
    title: 'Stop when repeating',
    unit: 'share of the word triples',
    description: 'How much of an answer repeats what it has said; empty never stops.',
  }),
};

const overlongFiltering = z.boolean().default(false).meta({
  title: 'Leave out cut answers',
  description: 'An answer that was cut off teaches nothing (overlong filtering).',
});
const clip = (title: string, description: string) =>
  z.number().positive().max(10).default(0.2).meta({ title, description });
const beta = (standard: number, description: string) =>
  z.number().min(0).max(100).default(standard).meta({ title: 'Beta', description });

const online = {
  ...sharedSettings,
  mode: z.literal('lora').default('lora').meta({ title: 'What is trained' }),
  epochs: sharedSettings.epochs
    .unwrap()
    .default(1)
    .meta({ title: 'Epochs', unit: 'passes over the prompts' }),
  batchSize: positiveInt.max(4096).default(1).meta({
    title: 'Prompts computed together',
    unit: 'prompts',
    description: 'Each with all of its answers; more need more memory and are faster.',
  }),
  gradientAccumulationSteps: positiveInt.max(4096).default(8).meta({
    title: 'Batches a step',
    unit: 'batches',
    description: 'Prompts computed together times this are the prompts of one rollout.',
  }),
  maxLength: sharedSettings.maxLength.unwrap().default(1024).meta({
    title: 'Longest conversation',
    unit: 'tokens',
    description: 'Prompt and answer together; a longer prompt loses its beginning.',
  }),
  evalEverySteps: positiveInt.nullable().default(20).meta({
    title: 'Evaluate every',
    unit: 'steps',
    description:
      'Answers to the held-out prompts; empty evaluates before the first step and after the last only.',
  }),
  ...rollout,
  ...guards,
};

export const grpoConfigSchema = z.strictObject({
  kind: z.literal('grpo'),
  ...online,
  beta: beta(0, 'Weight of the KL from the model that the run began with; 0 leaves it out, as is usual now.'),
  clipLow: clip(
    'Clip below',
    'By how much a token may become less likely in one rollout before it is left alone.',
  ),
  clipHigh: z.number().positive().max(10).nullable().default(null).meta({
    title: 'Clip above',
    description: 'The same upwards; DAPO takes 0.28. Empty is the same as below.',
  }),
  aggregation: z.enum(['dapo', 'grpo', 'dr_grpo']).default('dapo').meta({
    title: 'Average over',
    description:
      'All tokens of the step (dapo), each answer first (grpo, favours short right answers), or the greatest length (dr_grpo, unbiased).',
  }),
  scaleRewards: z.enum(['group', 'batch', 'none']).default('group').meta({
    title: 'Scale advantages by',
    description: "The deviation of the prompt's answers, of the whole step's, or not at all.",
  }),
  overlongFiltering,
});

export const rlooConfigSchema = z.strictObject({
  kind: z.literal('rloo'),
  ...online,
  groupSize: z.int().min(2).max(64).default(2).meta({
    title: 'Answers per prompt',
    unit: 'answers',
    description: 'Each is compared with the mean of the others.',
  }),
  beta: beta(0.05, "Price of the KL from the model that the run began with, taken off an answer's reward."),
  clip: clip('Clip', 'By how much an answer may become more or less likely in one rollout.'),
  normaliseAdvantages: z.boolean().default(false).meta({
    title: 'Normalise advantages',
    description: "To mean 0 and deviation 1 over the step's answers.",
  }),
  overlongFiltering,
});

export const ppoConfigSchema = z.strictObject({
  kind: z.literal('ppo'),
  ...online,
  groupSize: z.int().min(1).max(64).default(1).meta({
    title: 'Answers per prompt',
    unit: 'answers',
    description: 'PPO needs no group: the value head is its baseline.',
  }),
  temperature: online.temperature.unwrap().default(0.7).meta({
    title: 'Temperature',
    description: 'Of the sampling; the policy that learns is the one that samples, at this temperature.',
  }),
  iterations: positiveInt.max(100).default(4).meta({
    title: 'Epochs of a rollout',
    description: 'Passes over the same answers before new ones are sampled.',
  }),
  miniBatches: positiveInt.max(64).default(1).meta({
    title: 'Minibatches',
    description: 'Updates of one pass; each learns from its share of the answers.',
  }),
  klCoefficient: z.number().min(0).max(100).default(0.05).meta({
    title: 'KL coefficient',
    description: 'Price of the KL from the model that the run began with, token by token.',
  }),
  klControl: z.enum(['fixed', 'adaptive']).default('fixed').meta({
    title: 'KL coefficient is',
    description: 'Fixed, or raised and lowered so that the KL stays near its target.',
  }),
  klTarget: z.number().positive().max(1000).default(6).meta({
    title: 'KL target',
    unit: 'nats an answer',
    description: 'Read when the coefficient is adaptive.',
  }),
  clip: clip('Clip', 'By how much a token may become more or less likely in one rollout.'),
  valueClip: clip('Value clip', 'By how much an expected value may move in one rollout.'),
  valueCoefficient: z.number().min(0).max(100).default(0.1).meta({
    title: 'Value coefficient',
    description: "Weight of the value head's loss beside the policy's.",
  }),
  gamma: z.number().min(0).max(1).default(1).meta({
    title: 'Gamma',
    description: 'Discount of later rewards.',
  }),
  gaeLambda: z.number().min(0).max(1).default(0.95).meta({
    title: 'Lambda',
    description:
      'Between trust in the value head (0) and in what came (1), as in generalised advantage estimation.',
  }),
  whitenRewards: z.boolean().default(false).meta({
    title: 'Whiten rewards',
    description: 'To deviation 1 over all tokens of the step, before advantages are estimated.',
  }),
  ptxGamma: z.number().min(0).max(1000).default(0).meta({
    title: 'Pretraining mix',
    description:
      'Weight of the likelihood of other text (PPO-ptx), which keeps what the model knew; 0 leaves it out.',
  }),
  ptxDatasetId: z.uuid().nullable().default(null).meta({
    title: 'Text for the mix',
    description: 'Dataset with answers to imitate.',
  }),
});

export const bestOfNConfigSchema = z.strictObject({
  kind: z.literal('best_of_n'),
  ...online,
  keptAnswers: positiveInt.max(63).default(1).meta({
    title: 'Answers kept',
    unit: 'answers',
    description: 'The best so many of each prompt are imitated.',
  }),
});

/**
 * Refuses an answer that may be as long as prompt and answer together: nothing but its last token would be left of a prompt.
 *
 * For settings that come in. What is stored may be from before this was refused, and is still to be read.
 *
 * @param schema  of the settings of a run or a stage; kinds that answer nothing pass
 */
export function withRoomForPrompts<T extends z.ZodType<{ maxLength: number; maxNewTokens?: number }>>(
  schema: T,
): T {
  return schema.refine(({ maxLength, maxNewTokens = 0 }) => maxNewTokens < maxLength, {
    path: ['maxNewTokens'],
    message:
      'The longest answer leaves no room for a prompt; it has to be shorter than the longest conversation.',
  });
}
