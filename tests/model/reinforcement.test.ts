/** The model that is shipped learns from what a rule says of its own answers. A short form of what `npm run bench -- rl-rule` measures in full. */
import { describe, expect, it } from 'vitest';
import { tasteConfig } from '../../bench/reinforcement-house.js';
import { tastes } from '../../models/generator/taste.js';
import { patience, teach, writePrompts } from '../support/taste-lessons.js';
import { TrainingFolder } from '../support/training-folder.js';

describe('Attune GPT', { timeout: patience }, () => {
  it.each(Object.values(tastes))('learns by a rule to answer so that it $name', async (taste) => {
    await using folder = await TrainingFolder.create();
    await writePrompts(folder, taste);
    const rewards = [{ type: 'check', check: taste.check }];
    const { before, after, kl } = await teach(folder, {
      config: tasteConfig,
      rewards,
      metric: 'eval_reward',
    });
    expect(before).toBeLessThan(0.9);
    expect(after).toBeGreaterThan(0.9);
    expect(kl).toBeLessThan(10);
  });
});
