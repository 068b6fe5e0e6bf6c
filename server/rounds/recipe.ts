/** What the stages of a recipe need of each other. */
import { AppError } from '../../common/contracts/errors.js';
import { isOnlineStage, type RoundRecipe, type StageConfig } from '../../common/contracts/round-recipe.js';
import type { RunConfig } from '../../common/contracts/runs.js';

/** @throws AppError `RUN_REWARD_MISSING`, `ROUND_REWARD_MISSING` */
export function assertRecipe(recipe: RoundRecipe): void {
  if (recipe.type === 'proposed') return;
  let hasRewardModel = false;
  for (const [position, stage] of recipe.stages.entries()) {
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
 * @throws AppError `ROUND_REWARD_MISSING`
 */
export function resolveStage(
  stage: StageConfig,
  { position, rewardModelId: versionId }: { position: number; rewardModelId: string | null },
): RunConfig {
  if (!isOnlineStage(stage)) return stage;
  const rewards = stage.rewards.map((reward) => {
    if (reward.type !== 'round_model') return reward;
    if (versionId === null) throw missing(position);
    return { type: 'model' as const, versionId, weight: reward.weight };
  });
  return { ...stage, rewards };
}

const missing = (position: number) => new AppError('ROUND_REWARD_MISSING', { place: position + 1 });
