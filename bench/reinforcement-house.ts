/** Runs of reinforcement learning on the small GPT of our own: one set of files, one measure, for every bench of it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryRoot } from '../common/config/repository.js';
import type { RunEvent } from '../common/contracts/run-events.js';
import { drawPrompts, type Taste } from '../models/generator/taste.js';
import { runRequestSchema } from '../worker/runs/run-request.js';
import { runTraining } from '../worker/runs/training-run.js';
import type { BenchContext } from './bench.js';

const model = path.join(repositoryRoot, 'models', 'attune-gpt.gguf');
export const groupSize = 8;
export const heldOut = 80;

/** How much a run samples, and when it is evaluated. */
interface Extent {
  batchSize: number;
  maxSteps: number;
  evalEverySteps: number;
}

/** What all runs have in common; each brings an `Extent`. */
export const sharedConfig = {
  groupSize,
  iterations: 2,
  schedule: 'constant',
  maxNewTokens: 48,
  maxLength: 128,
  gradientAccumulationSteps: 1,
  heldOutFraction: 0,
  keepBest: false,
};

/**
 * What learns a taste, by a rule or through a reward model. Little is learnt from groups whose answers are nearly alike. With half as many
 * answers a step, what comes of it depends on how a processor rounds; at a constant rate, the model walks away at random once there is
 * nothing left to learn; with a beta of 0.1, it stops short of some tastes.
 */
export const tasteConfig = {
  ...sharedConfig,
  kind: 'grpo',
  learningRate: 4e-3,
  schedule: 'linear',
  scaleRewards: 'batch',
  beta: 0.04,
  batchSize: 8,
  maxSteps: 20,
  evalEverySteps: 5,
};

/**
 * Through a reward model, which scores a question that was cut off as if it had been asked: by about as much as its scores differ. Its scores
 * tell apart what the rule finds alike, so that there is always something left to stray for: more slowly, the model learns as much at half
 * the KL.
 */
export const judgedTasteConfig = { ...tasteConfig, learningRate: 3e-3, missingEndPenalty: 10 };

/** How these settings learn, in words. */
export function describeLearning({ batchSize, learningRate, beta }: typeof tasteConfig): string {
  return `Groups of ${groupSize}, ${batchSize} prompts a step, two passes over each rollout, learning rate ${learningRate} falling to 0, advantages scaled by the step, beta ${beta}.`;
}

type StepEvent = Extract<RunEvent, { type: 'step' }>;
type Evaluated = Extract<RunEvent, { type: 'evaluated' }>;

export interface Course {
  steps: StepEvent[];
  evaluations: Evaluated[];
  seconds: number;
}

/** Where files lie, and how a run is started. */
export class House implements AsyncDisposable {
  private count = 0;

  private constructor(
    private readonly folder: string,
    readonly context: BenchContext,
  ) {}

  static async open(context: BenchContext): Promise<House> {
    return new House(await mkdtemp(path.join(tmpdir(), 'attune-rl-')), context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

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

/** Answers that a step samples. */
export const answersAStep = ({ batchSize }: Extent) => groupSize * batchSize;
/** Answers that were sampled by the time of each evaluation. */
export const evaluationColumns = (extent: Extent) =>
  Array.from(
    { length: extent.maxSteps / extent.evalEverySteps + 1 },
    (_, time) => `${time * extent.evalEverySteps * answersAStep(extent)}`,
  );
export const curve = ({ evaluations }: Course, metric: string) =>
  evaluations.map(({ metrics }) => (metrics[metric] ?? Number.NaN).toFixed(2));
export const largestKl = ({ steps: taken }: Course) =>
  Math.max(...taken.map(({ metrics }) => metrics['objective/kl'] ?? 0)).toFixed(1);
