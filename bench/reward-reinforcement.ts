/** Reinforcement learning through a reward model of scripted comparisons, judged by the rule that the reward model never saw. */
import path from 'node:path';
import { drawComparisons, tastes } from '../models/generator/taste.js';
import type { Bench, BenchTable } from './bench.js';
import {
  curve,
  describeLearning,
  evaluationColumns,
  heldOut,
  House,
  judgedTasteConfig,
  largestKl,
} from './reinforcement-house.js';

const comparisons = 400;

export const rewardReinforcement: Bench = {
  summary: `GRPO on the small GPT by a reward model of ${comparisons} comparisons`,
  async run(context) {
    await using house = await House.open(context);
    return [await byRewardModel(house)];
  },
};

/** Each taste through a reward model of scripted comparisons; the rule looks on, with a weight of 0. */
async function byRewardModel(house: House): Promise<BenchTable> {
  const rows: (string | number)[][] = [];
  for (const taste of Object.values(tastes)) {
    house.context.say(`reward model: ${taste.name}`);
    const pairs = drawComparisons(taste, comparisons, 'bench').map(({ prompt, chosen, rejected }) => ({
      prompt: [{ role: 'user', content: prompt }],
      chosen: [{ role: 'assistant', content: chosen }],
      rejected: [{ role: 'assistant', content: rejected }],
    }));
    const judge = await house.train(
      { kind: 'reward', batchSize: 16, learningRate: 2e-3, heldOutFraction: 0.1 },
      { dataPath: await house.write('pairs.jsonl', pairs) },
    );
    const rewards = [
      { type: 'model', versionId: 'judge' },
      { type: 'check', check: taste.check, weight: 0 },
    ];
    const course = await house.train(
      { ...judgedTasteConfig, rewards },
      {
        ...(await house.prompts(taste)),
        rewardAdapters: { judge: path.join(judge.outputPath, 'adapter.gguf') },
      },
    );
    const accuracy = judge.evaluations.at(-1)?.metrics['eval_accuracy'] ?? Number.NaN;
    const kept = curve(course, `eval_rewards/${taste.check.kind}/mean`);
    rows.push([taste.name, accuracy.toFixed(2), ...kept, largestKl(course), course.seconds.toFixed(0)]);
  }
  return {
    title: 'GRPO by a reward model: how the rule, which it never saw, scores held-out answers',
    columns: ['taste', 'held-out accuracy', ...evaluationColumns(judgedTasteConfig), 'largest KL', 's'],
    rows,
    notes: [
      `The reward model learnt from ${comparisons} scripted comparisons; the rule weighs nothing in the run. ${heldOut} held-out prompts, one answer each at temperature 1. ${describeLearning(judgedTasteConfig)} An answer that is cut off loses ${judgedTasteConfig.missingEndPenalty}.`,
    ],
  };
}
