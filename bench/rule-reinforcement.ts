/** Reinforcement learning by rules, each of which scores what it is learnt for. */
import { tastes } from '../models/generator/taste.js';
import type { Bench } from './bench.js';
import {
  curve,
  describeLearning,
  evaluationColumns,
  heldOut,
  House,
  largestKl,
  tasteConfig,
} from './reinforcement-house.js';

export const ruleReinforcement: Bench = {
  summary: 'GRPO on the small GPT by a rule',
  async run(context) {
    await using house = await House.open(context);
    const rows: (string | number)[][] = [];
    for (const taste of Object.values(tastes)) {
      context.say(`by its rule: ${taste.name}`);
      const rewards = [{ type: 'check', check: taste.check }];
      const course = await house.train({ ...tasteConfig, rewards }, await house.prompts(taste));
      rows.push([taste.name, ...curve(course, 'eval_reward'), largestKl(course), course.seconds.toFixed(0)]);
    }
    return [
      {
        title: 'GRPO by a rule: reward on held-out prompts, by answers sampled',
        columns: ['taste', ...evaluationColumns(tasteConfig), 'largest KL', 's'],
        rows,
        notes: [
          `${heldOut} held-out prompts, one answer each at temperature 1. ${describeLearning(tasteConfig)}`,
        ],
      },
    ];
  },
};
