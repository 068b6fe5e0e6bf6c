import { describe, expect, it } from 'vitest';
import {
  roundRecipeSchema,
  stageConfigSchema,
  stageConfigSchemas,
} from '../../common/contracts/round-recipe.js';
import { runConfigSchemas, type RunKind } from '../../common/contracts/runs.js';
import { assertRecipe, resolveStage } from '../../server/rounds/recipe.js';

const kinds = Object.keys(runConfigSchemas) as RunKind[];
const recipe = (...stages: object[]) => roundRecipeSchema.parse({ type: 'stages', stages });
const own = { type: 'round_model', weight: 2 };
const grpo = (...rewards: object[]) => ({ kind: 'grpo', rewards });
const faultOf = (...stages: object[]) => {
  try {
    assertRecipe(recipe(...stages));
    return null;
  } catch (error) {
    const { code, details } = error as { code: string; details: object };
    return { code, details };
  }
};

describe('the stages of a recipe', () => {
  it.each(kinds)('have the settings of a run: %s', (kind) => {
    expect(Object.keys(stageConfigSchemas[kind].shape)).toEqual(Object.keys(runConfigSchemas[kind].shape));
    expect(stageConfigSchema.parse({ kind })).toEqual(runConfigSchemas[kind].parse({ kind }));
  });

  it('may take as a reward what a run before them makes, and no run may', () => {
    expect(faultOf({ kind: 'reward' }, grpo(own))).toBeNull();
    expect(faultOf({ kind: 'reward' }, { kind: 'sft' }, { ...grpo(own), kind: 'ppo' })).toBeNull();
    expect(runConfigSchemas.grpo.safeParse(grpo(own)).success).toBe(false);
  });

  it('need a reward, and the run that makes it before them', () => {
    expect(faultOf({ kind: 'reward' }, grpo())).toEqual({
      code: 'RUN_REWARD_MISSING',
      details: { kind: 'grpo' },
    });
    const missing = (place: number) => ({ code: 'ROUND_REWARD_MISSING', details: { place } });
    expect(faultOf(grpo(own), { kind: 'reward' })).toEqual(missing(1));
    expect(faultOf({ kind: 'dpo' }, grpo(own))).toEqual(missing(2));
    expect(faultOf(grpo({ type: 'check', check: { kind: 'ends_with_question' } }))).toBeNull();
  });
});

describe('full training, which makes another model,', () => {
  const full = { code: 'ROUND_STAGE_FULL', details: { place: 2 } };

  it('is no stage of a recipe, and pretraining one with an adapter alone', () => {
    expect(faultOf({ kind: 'sft' }, { kind: 'dpo', mode: 'full' })).toEqual(full);
    expect(faultOf({ kind: 'sft' }, { kind: 'pretrain' })).toEqual(full);
    expect(faultOf({ kind: 'pretrain', mode: 'lora' })).toBeNull();
  });

  it('becomes no run of a plan from before', () => {
    const stage = stageConfigSchema.parse({ kind: 'sft', mode: 'full' });
    expect(() => resolveStage(stage, { position: 1, rewardModelId: null })).toThrow(/Run 2 of the plan/);
  });
});

describe('a stage as a run', () => {
  const stage = stageConfigSchema.parse(grpo(own, { type: 'model', versionId: 'another' }));

  it('names the version that was made meanwhile, with the weight that was asked for', () => {
    const run = resolveStage(stage, { position: 1, rewardModelId: 'made' });
    expect(runConfigSchemas.grpo.parse(run).rewards).toEqual([
      { type: 'model', versionId: 'made', weight: 2 },
      { type: 'model', versionId: 'another', weight: 1 },
    ]);
  });

  it('is none where that version is gone', () => {
    const resolve = () => resolveStage(stage, { position: 1, rewardModelId: null });
    expect(resolve).toThrow(/Run 2 of the plan/);
  });
});
