/**
 * What a round trains: one run of the kind that fits its data, or runs one after the other, each from what the one before made.
 *
 * A stage is a run's settings, with one reward more to choose from: the reward model that a stage before it makes in the same round.
 */
import { z } from 'zod';
import { withRoomForPrompts } from './online-runs.js';
import { stageRewardSchema } from './rewards.js';
import { onlineKinds, runConfigSchemas, type OnlineKind, type RunKind } from './runs.js';

export const maxStages = 4;

const { grpo, rloo, ppo, best_of_n: bestOfN, ...offline } = runConfigSchemas;
const rewards = z.array(stageRewardSchema).max(20).default([]);

/** Each kind's schema, as the schemas of runs are. */
export const stageConfigSchemas = {
  ...offline,
  grpo: grpo.extend({ rewards }),
  rloo: rloo.extend({ rewards }),
  ppo: ppo.extend({ rewards }),
  best_of_n: bestOfN.extend({ rewards }),
} satisfies Record<RunKind, z.ZodObject>;

/** A stage as it is stored. */
export const stageConfigSchema = z.discriminatedUnion('kind', [
  stageConfigSchemas.sft,
  stageConfigSchemas.pretrain,
  stageConfigSchemas.reward,
  stageConfigSchemas.dpo,
  stageConfigSchemas.kto,
  stageConfigSchemas.orpo,
  stageConfigSchemas.simpo,
  stageConfigSchemas.grpo,
  stageConfigSchemas.rloo,
  stageConfigSchemas.ppo,
  stageConfigSchemas.best_of_n,
]);
/** A stage as it comes in. */
export const newStageConfigSchema = withRoomForPrompts(stageConfigSchema);
export type StageConfig = z.infer<typeof stageConfigSchema>;
export type OnlineStage = Extract<StageConfig, { kind: OnlineKind }>;

export const isOnlineStage = (stage: StageConfig): stage is OnlineStage =>
  (onlineKinds as readonly RunKind[]).includes(stage.kind);

const recipeOf = (stage: z.ZodType<StageConfig>) =>
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('proposed') }),
    z.strictObject({ type: z.literal('stages'), stages: z.array(stage).min(1).max(maxStages) }),
  ]);

/** A recipe as it is stored. */
export const roundRecipeSchema = recipeOf(stageConfigSchema);
/** A recipe as it comes in. */
export const newRoundRecipeSchema = recipeOf(newStageConfigSchema);
export type RoundRecipe = z.infer<typeof roundRecipeSchema>;
