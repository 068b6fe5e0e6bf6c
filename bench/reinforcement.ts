/** Methods of reinforcement learning: how fast each learns what a rule can check, at equal numbers of answers, and where the time goes. */
import { generateConversation } from '../models/generator/conversation.js';
import { tastes } from '../models/generator/taste.js';
import { createRandom } from '../models/random.js';
import type { Bench, BenchTable } from './bench.js';
import {
  answersAStep,
  curve,
  evaluationColumns,
  heldOut,
  House,
  largestKl,
  sharedConfig,
  type Course,
} from './reinforcement-house.js';

const methodConfig = {
  ...sharedConfig,
  learningRate: 3e-3,
  batchSize: 4,
  maxSteps: 10,
  evalEverySteps: 5,
};
/** What PPO-ptx mixes in: conversations as the model was trained on, and how much they weigh. */
const mix = { conversations: 400, gamma: 0.1 };
const methods: readonly { name: string; config: object; mixes?: true }[] = [
  { name: 'grpo', config: { kind: 'grpo' } },
  { name: 'rloo', config: { kind: 'rloo' } },
  { name: 'ppo', config: { kind: 'ppo', temperature: 1 } },
  { name: 'ppo-ptx', config: { kind: 'ppo', temperature: 1, ptxGamma: mix.gamma }, mixes: true },
  { name: 'best of 8', config: { kind: 'best_of_n' } },
];

export const reinforcement: Bench = {
  summary: 'GRPO, RLOO, PPO, PPO-ptx and best of N on the small GPT, at equal numbers of answers',
  async run(context) {
    await using house = await House.open(context);
    return await byMethods(house);
  },
};

/** Every method on the first taste, and where its time goes. */
async function byMethods(house: House): Promise<BenchTable[]> {
  const taste = tastes.question;
  const data = await house.prompts(taste);
  const random = createRandom('mix');
  const mixPath = await house.write(
    'mix.jsonl',
    Array.from({ length: mix.conversations }, () => ({ messages: generateConversation(random) })),
  );
  const rewards = [{ type: 'check', check: taste.check }];
  const curves: (string | number)[][] = [];
  const times: (string | number)[][] = [];
  for (const { name, config, mixes } of methods) {
    house.context.say(name);
    const course = await house.train(
      { ...methodConfig, ...config, rewards },
      { ...data, ...(mixes && { mixPath }) },
    );
    curves.push([name, ...curve(course, 'eval_reward'), largestKl(course)]);
    times.push([name, ...shares(course)]);
  }
  return [
    {
      title: 'Methods at equal numbers of answers: reward on held-out prompts, by answers sampled',
      columns: ['method', ...evaluationColumns(methodConfig), 'largest KL'],
      rows: curves,
      notes: [
        `The taste is "${taste.name}"; two passes over each rollout of ${answersAStep(methodConfig)} answers, learning rate ${methodConfig.learningRate}; ${heldOut} held-out prompts, one answer each at temperature 1.`,
        `PPO-ptx mixes in, by ${mix.gamma}, the likelihood of conversations as the model was trained on.`,
      ],
    },
    {
      title: 'Where the time of a step goes',
      columns: ['method', 'answers/s', 'sampling', 'scoring', 'learning'],
      rows: times,
      notes: ['The rule costs nothing; learning holds the log-probs of policy and reference as well.'],
    },
  ];
}

/** Answers a second, and shares of the steps' time. */
function shares({ steps: taken }: Course): string[] {
  const sum = (name: string) => taken.reduce((total, { metrics }) => total + (metrics[name] ?? 0), 0);
  const [sampling, scoring, learning] = [sum('time/sampling'), sum('time/scoring'), sum('time/learning')];
  const whole = sampling + scoring + learning;
  const share = (part: number) => `${Math.round((100 * part) / whole)} %`;
  const rate = ((taken.length * answersAStep(methodConfig)) / whole).toFixed(1);
  return [rate, share(sampling), share(scoring), share(learning)];
}
