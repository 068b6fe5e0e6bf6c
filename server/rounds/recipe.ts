/** What the stages of a recipe need of each other. */
import { AppError } from '../../common/contracts/errors.js';
import { isOnlineStage, type RoundRecipe, type StageConfig } from '../../common/contracts/round-recipe.js';
import type { RunConfig } from '../../common/contracts/runs.js';

/** @throws AppError `RUN_REWARD_MISSING`, `ROUND_REWARD_MISSING`, `ROUND_STAGE_FULL` */
export function assertRecipe(recipe: RoundRecipe): void {
  if (recipe.type === 'proposed') return;
  let hasRewardModel = false;
  for (const [position, stage] of recipe.stages.entries()) {
    assertAdapter(stage, position);
    if (isOnlineStage(stage)) {
      const { kind, rewards } = stage;
      if (rewards.length === 0) throw new AppError('RUN_REWARD_MISSING', { kind });
      if (!hasRewardModel && rewards.some(({ type }) => type === 'round_model')) throw missing(position);
    }
    hasRewardModel ||= stage.kind === 'reward';
  }
}

/**
 * A stage as the run that it becomes.
 *
 * @param given.position       of the stage, from 0
 * @param given.rewardModelId  version that the round's reward run made last; null for none
 * @throws AppError `ROUND_REWARD_MISSING`; `ROUND_STAGE_FULL` of a plan from before that was refused
 */
export function resolveStage(
  stage: StageConfig,
  { position, rewardModelId: versionId }: { position: number; rewardModelId: string | null },
): RunConfig {
  assertAdapter(stage, position);
  if (!isOnlineStage(stage)) return stage;
  const rewards = stage.rewards.map((reward) => {
    if (reward.type !== 'round_model') return reward;
    if (versionId === null) throw missing(position);
    return { type: 'model' as const, versionId, weight: reward.weight };
  });
  return { ...stage, rewards };
}

/** What full training makes is a base of its own: nothing of the round's model is live beside it to judge it by. */
function assertAdapter({ mode }: StageConfig, position: number): void {
  if (mode === 'full') throw new AppError('ROUND_STAGE_FULL', { place: position + 1 });
}

const missing = (position: number) => new AppError('ROUND_REWARD_MISSING', { place: position + 1 });
