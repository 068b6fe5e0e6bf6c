/**
 * The model that is shipped learns from what a reward model of scripted comparisons says of its own answers; the rule that judges it never
 * entered. A short form of what `npm run bench -- rl-reward-model` measures in full.
 */
import { describe, expect, it } from 'vitest';
import { judgedTasteConfig } from '../../bench/reinforcement-house.js';
import { drawComparisons, tastes } from '../../models/generator/taste.js';
import { asked, modelPath, patience, teach, writePrompts } from '../support/taste-lessons.js';
import { TrainingFolder } from '../support/training-folder.js';

const said = (content: string) => [{ role: 'assistant', content }];

describe('Attune GPT', { timeout: patience }, () => {
  it.each([
    // What there is of the taste before, at most.
    [tastes.question, 0.6],
    [tastes.short, 0.9],
    [tastes.chinese, 0.6],
  ] as const)(
    'learns through a reward model, from comparisons, to answer so that it $name',
    async (taste, most) => {
      await using folder = await TrainingFolder.create();
      const comparisons = drawComparisons(taste, 400, 'reinforcement');
      await folder.writeRows(
        comparisons.map(({ prompt, chosen, rejected }) => ({
          ...asked(prompt),
          chosen: said(chosen),
          rejected: said(rejected),
        })),
      );
      const reward = { kind: 'reward', batchSize: 16, learningRate: 2e-3, heldOutFraction: 0 };
      await folder.train(reward, 'judge', { request: { modelPath } });
      await writePrompts(folder, taste);
      // The rule looks on: it weighs nothing.
      const rule = { type: 'check', check: taste.check, weight: 0 };
      const { before, after, kl } = await teach(folder, {
        config: judgedTasteConfig,
        rewards: [{ type: 'model', versionId: 'judge' }, rule],
        metric: `eval_rewards/${taste.check.kind}/mean`,
        // The rule is not what it learns by: it has to be further to be sure.
        learntAt: 0.975,
        rewardAdapters: { judge: folder.file('judge/adapter.gguf') },
      });
      expect(before).toBeLessThan(most);
      expect(after).toBeGreaterThan(0.9);
      expect(kl).toBeLessThan(10);
    },
  );
});
