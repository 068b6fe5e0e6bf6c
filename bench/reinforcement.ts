/**
 * Reinforcement learning on the small GPT of our own: how fast each method learns three tastes that a rule can check, by the rule and by a
 * reward model that never saw it, at equal numbers of answers; and where the time goes.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryRoot } from '../common/config/repository.js';
import type { RunEvent } from '../common/contracts/run-events.js';
import { drawComparisons, drawPrompts, tastes, type Taste } from '../models/generator/taste.js';
import { runRequestSchema } from '../worker/runs/run-request.js';
import { runTraining } from '../worker/runs/training-run.js';
import type { Bench, BenchContext, BenchTable } from './bench.js';

const model = path.join(repositoryRoot, 'models', 'attune-gpt.gguf');
const answersAStep = 32;
const steps = 10;
const evalEverySteps = 5;
const comparisons = 400;
const heldOut = 50;

/** Every method samples the same number of answers a step, to the same prompts. */
const shared = {
  learningRate: 3e-3,
  schedule: 'constant',
  maxNewTokens: 48,
  maxLength: 128,
  maxSteps: steps,
  evalEverySteps,
  gradientAccumulationSteps: 1,
  heldOutFraction: 0,
  keepBest: false,
};
const methods: readonly { name: string; config: object; mixes?: true }[] = [
  { name: 'grpo', config: { kind: 'grpo', iterations: 2, batchSize: 4 } },
  { name: 'rloo', config: { kind: 'rloo', iterations: 2, groupSize: 8, batchSize: 4 } },
  { name: 'ppo', config: { kind: 'ppo', groupSize: 8, batchSize: 4, iterations: 2, temperature: 1 } },
  {
    name: 'ppo-ptx',
    config: { kind: 'ppo', groupSize: 8, batchSize: 4, iterations: 2, temperature: 1, ptxGamma: 0.5 },
    mixes: true,
  },
  { name: 'best of 8', config: { kind: 'best_of_n', iterations: 2, batchSize: 4 } },
];

type StepEvent = Extract<RunEvent, { type: 'step' }>;
type Evaluated = Extract<RunEvent, { type: 'evaluated' }>;

interface Course {
  steps: StepEvent[];
  evaluations: Evaluated[];
  seconds: number;
}

export const reinforcement: Bench = {
  summary: 'GRPO, RLOO, PPO, PPO-ptx and best of N on the small GPT, at equal numbers of answers',
  async run(context) {
    const folder = await mkdtemp(path.join(tmpdir(), 'attune-rl-'));
    try {
      const house = new House(folder, context);
      return [await byRules(house), ...(await byMethods(house)), await byRewardModel(house)];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Where files lie, and how a run is started. */
class House {
  private count = 0;

  constructor(
    readonly folder: string,
    readonly context: BenchContext,
  ) {}

  async write(name: string, rows: readonly object[]): Promise<string> {
    const file = path.join(this.folder, name);
    await writeFile(file, rows.map((row) => JSON.stringify(row)).join('\n'));
    return file;
  }

  async prompts(taste: Taste): Promise<{ dataPath: string; heldOutPath: string }> {
    const rows = drawPrompts(taste, 400 + heldOut, 'bench').map((content) => ({
      prompt: [{ role: 'user', content }],
    }));
    return {
      dataPath: await this.write('prompts.jsonl', rows.slice(heldOut)),
      heldOutPath: await this.write('held-out.jsonl', rows.slice(0, heldOut)),
    };
  }

  async train(config: object, more: object): Promise<Course & { outputPath: string }> {
    const outputPath = path.join(this.folder, `run-${this.count++}`);
    const request = runRequestSchema.parse({
      config,
      modelPath: model,
      outputPath,
      gpu: 'off',
      threads: this.context.threads,
      ...more,
    });
    const course: Course = { steps: [], evaluations: [], seconds: 0 };
    const startedAt = performance.now();
    await runTraining(request, {
      emit: (event) => {
        if (event.type === 'step') course.steps.push(event);
        if (event.type === 'evaluated') course.evaluations.push(event);
      },
      signal: new AbortController().signal,
    });
    return { ...course, seconds: (performance.now() - startedAt) / 1000, outputPath };
  }
}

const evaluationColumns = [0, 1, 2].map((time) => `${time * evalEverySteps * answersAStep}`);
const curve = ({ evaluations }: Course, metric: string) =>
  evaluations.map(({ metrics }) => (metrics[metric] ?? Number.NaN).toFixed(2));
const largestKl = ({ steps: taken }: Course) =>
  Math.max(...taken.map(({ metrics }) => metrics['objective/kl'] ?? 0)).toFixed(1);

/** Each taste by its own rule, with GRPO. */
async function byRules(house: House): Promise<BenchTable> {
  const rows: (string | number)[][] = [];
  for (const taste of Object.values(tastes)) {
    house.context.say(`grpo: ${taste.name}`);
    const rewards = [{ type: 'check', check: taste.check }];
    const course = await house.train(
      { ...shared, kind: 'grpo', iterations: 2, batchSize: 4, rewards },
      await house.prompts(taste),
    );
    rows.push([taste.name, ...curve(course, 'eval_reward'), largestKl(course), course.seconds.toFixed(0)]);
  }
  return {
    title: 'GRPO by a rule: reward on held-out prompts, by answers sampled',
    columns: ['taste', ...evaluationColumns, 'largest KL', 's'],
    rows,
    notes: [`${heldOut} held-out prompts, one answer each at temperature 1; groups of 8, 4 prompts a step.`],
  };
}

/** Every method on the first taste, and where its time goes. */
async function byMethods(house: House): Promise<BenchTable[]> {
  const taste = tastes.question;
  const data = await house.prompts(taste);
  const mixPath = await house.write(
    'mix.jsonl',
    drawComparisons(taste, comparisons, 'mix').map(({ prompt, rejected }) => ({
      prompt: [{ role: 'user', content: prompt }],
      completion: [{ role: 'assistant', content: rejected }],
    })),
  );
  const rewards = [{ type: 'check', check: taste.check }];
  const curves: (string | number)[][] = [];
  const times: (string | number)[][] = [];
  for (const { name, config, mixes } of methods) {
    house.context.say(name);
    const course = await house.train(
      { ...shared, ...config, rewards },
      { ...data, ...(mixes && { mixPath }) },
    );
    curves.push([name, ...curve(course, 'eval_reward'), largestKl(course)]);
    times.push([name, ...shares(course)]);
  }
  return [
    {
      title: 'Methods at equal numbers of answers: reward on held-out prompts, by answers sampled',
      columns: ['method', ...evaluationColumns, 'largest KL'],
      rows: curves,
      notes: [
        `The taste is "${taste.name}"; two passes over each rollout of 32 answers, learning rate 0.003.`,
        'PPO-ptx mixes in, by 0.5, the likelihood of answers that are not of the taste.',
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
  const rate = ((taken.length * answersAStep) / whole).toFixed(1);
  return [rate, share(sampling), share(scoring), share(learning)];
}

/** A reward model can be fooled where a rule cannot. */
const careful = { learningRate: 2e-3, scaleRewards: 'batch', beta: 0.1 };

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
      { ...shared, ...careful, kind: 'grpo', iterations: 2, batchSize: 4, rewards },
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
    columns: ['taste', 'held-out accuracy', ...evaluationColumns, 'largest KL', 's'],
    rows,
    notes: [
      `The reward model learnt from ${comparisons} scripted comparisons; the rule weighs nothing in the run. Learning rate 0.002, advantages scaled by the step, beta 0.1.`,
    ],
  };
}
