import { describe, expect, it } from 'vitest';
import {
  dpoLossTypes,
  runConfigSchema,
  type RunConfigOf,
  type RunKind,
} from '../../common/contracts/runs.js';
import type {
  Answer,
  ModelOutputs,
  SampledUnit,
  StepInput,
  StepResult,
  UnitOf,
} from '../../worker/rlhf/algorithm.js';
import { algorithmOf } from '../../worker/rlhf/index.js';
import { buildOutputs, pseudoRandom } from '../support/model-outputs.js';

const LENGTHS = [5, 3, 4, 6, 2, 7, 3, 3];

const pairs = (answers: Answer[]) =>
  [0, 2, 4, 6].map((index) => ({ chosen: at(answers, index), rejected: at(answers, index + 1) }));

/** As a rollout would have left it, a little away from what the model says now. */
function sampled(answer: Answer): SampledUnit {
  const random = pseudoRandom(answer.start + 1);
  const vector = (low: number, high: number) =>
    Float32Array.from({ length: answer.end - answer.start }, () => low + (high - low) * random());
  const advantage = 2 * random() - 1;
  return {
    answer,
    oldLogProbs: vector(-2, 0),
    refLogProbs: vector(-2, 0),
    advantages: vector(advantage, advantage),
    importance: vector(0.6, 1.4).fill(0.5 + random()),
    oldValues: new Float32Array(),
    returns: new Float32Array(),
  };
}

/** The value head is read before each token, so that its outputs lie as the log-probs do. */
function valued(answer: Answer): SampledUnit {
  const random = pseudoRandom(answer.start + 7);
  const vector = () => Float32Array.from({ length: answer.end - answer.start }, () => 2 * random() - 1);
  return {
    ...sampled({ ...answer, scored: answer.start }),
    advantages: vector(),
    oldValues: vector(),
    returns: vector(),
  };
}

/** Each kind's units over the same eight answers. */
const unitsOf: { [K in RunKind]: (answers: Answer[]) => UnitOf[K][] } = {
  sft: (answers) => answers.map((answer) => ({ answer })),
  pretrain: (answers) => answers.map((answer) => ({ answer })),
  reward: (answers) => [
    { answers: answers.slice(0, 4), margins: [0.3, 0, 0.1, 0, 0, 0.2] },
    { answers: answers.slice(4, 6), margins: [] },
    { answers: answers.slice(6, 8), margins: [] },
  ],
  grpo: (answers) => answers.map(sampled),
  rloo: (answers) => answers.map(sampled),
  ppo: (answers) => answers.map(valued),
  best_of_n: (answers) => answers.map(sampled),
  dpo: pairs,
  orpo: pairs,
  simpo: pairs,
  kto: (answers) =>
    [0, 2, 4, 6].map((index) => ({
      answer: at(answers, index),
      mismatched: at(answers, index + 1),
      desirable: index % 4 === 0,
    })),
};

const cases: [string, unknown][] = [
  ['sft', { kind: 'sft' }],
  ['pretrain', { kind: 'pretrain' }],
  ['reward', { kind: 'reward', centerRewardsCoefficient: 0.05 }],
  ...dpoLossTypes.map((lossType): [string, unknown] => [
    `dpo ${lossType}`,
    { kind: 'dpo', lossType, beta: 0.3, labelSmoothing: 0.1 },
  ]),
  ['kto', { kind: 'kto', desirableWeight: 1.3, undesirableWeight: 0.8 }],
  ['kto apo', { kind: 'kto', lossType: 'apo_zero_unpaired' }],
  ['orpo', { kind: 'orpo', lambda: 0.4 }],
  ['simpo', { kind: 'simpo', labelSmoothing: 0.1 }],
  ...(['dapo', 'grpo', 'dr_grpo'] as const).map((aggregation): [string, unknown] => [
    `grpo ${aggregation}`,
    { kind: 'grpo', aggregation, beta: 0.2, clipHigh: 0.28 },
  ]),
  ['rloo', { kind: 'rloo', clip: 3 }],
  ['ppo', { kind: 'ppo', valueCoefficient: 0.5 }],
  ['best_of_n', { kind: 'best_of_n' }],
];

/** Runs one kind's step with its units and settings lined up. */
function step<K extends RunKind>(
  config: RunConfigOf<K>,
  kind: K,
  outputs: ModelOutputs,
  units: UnitOf[K][],
  { total, prepared }: Partial<Pick<StepInput<unknown>, 'total' | 'prepared'>> = {},
): StepResult {
  const algorithm = algorithmOf(kind);
  return algorithm.step(config, {
    units,
    outputs,
    total: total ?? units.reduce((sum, unit) => sum + algorithm.sizeOf(unit, config), 0),
    prepared: prepared ?? 0,
  });
}

const run = (input: unknown, outputs: ModelOutputs, answers: Answer[]) => {
  const config = runConfigSchema.parse(input);
  return step(config, config.kind, outputs, unitsOf[config.kind](answers), { prepared: 0.2 });
};

describe.each(cases)('%s', (_name, config) => {
  it('gives cotangents that agree with central differences', () => {
    const { outputs, answers } = buildOutputs(LENGTHS);
    const { logProbCotangents, scoreCotangents } = run(config, outputs, answers);
    for (const [values, cotangents] of [
      [outputs.logProbs, logProbCotangents],
      [outputs.scores, scoreCotangents],
    ] as const) {
      if (!cotangents) continue;
      for (const index of values.keys()) {
        const slope = centralDifference(values, index, () => run(config, outputs, answers).loss);
        expect(Math.abs(slope - at(cotangents, index))).toBeLessThan(2e-4 * Math.max(1, Math.abs(slope)));
      }
    }
  });

  it('adds up over micro-batches to the step of one batch', () => {
    const { outputs, answers } = buildOutputs(LENGTHS, 7);
    const parsed = runConfigSchema.parse(config);
    const units = unitsOf[parsed.kind](answers);
    const whole = step(parsed, parsed.kind, outputs, units, { prepared: 0.2 });
    const total = units.reduce((sum, unit) => sum + sizeOf(parsed.kind, parsed, unit), 0);
    const parts = units.map((unit) => step(parsed, parsed.kind, outputs, [unit], { total, prepared: 0.2 }));
    expect(parts.reduce((sum, part) => sum + part.loss, 0)).toBeCloseTo(whole.loss, 6);
    for (const key of ['logProbCotangents', 'scoreCotangents'] as const) {
      const expected = whole[key];
      expected?.forEach((value, index) => {
        expect(parts.reduce((sum, part) => sum + (part[key]?.[index] ?? 0), 0)).toBeCloseTo(value, 6);
      });
    }
    const merged = parts.map((part) => part.metrics).reduce((tally, other) => (tally.merge(other), tally));
    const expected = whole.metrics.toRecord();
    for (const [name, value] of Object.entries(merged.toRecord()))
      expect(value).toBeCloseTo(at(expected, name), 6);
  });
});

describe('tokens that are no target', () => {
  it('get no gradient', () => {
    const { outputs, answers } = buildOutputs(LENGTHS);
    const { logProbCotangents } = run({ kind: 'sft' }, outputs, answers.slice(0, 2));
    expect([...(logProbCotangents ?? [])].slice(8).every((value) => value === 0)).toBe(true);
  });
});

describe('policy = reference', () => {
  const same = () => {
    const { outputs, answers } = buildOutputs(LENGTHS);
    for (const answer of answers) {
      answer.refLogProb = 0;
      for (let index = answer.start; index < answer.end; index++) {
        answer.refLogProb += at(outputs.logProbs, index);
      }
    }
    return { outputs, answers };
  };

  it('gives DPO ln 2, and accuracy 0 since a tie is no win', () => {
    const { outputs, answers } = same();
    const { loss, metrics } = run({ kind: 'dpo' }, outputs, answers);
    expect(loss).toBeCloseTo(Math.LN2, 12);
    expect(metrics.toRecord()).toMatchObject({ 'rewards/accuracies': 0, 'rewards/margins': 0 });
  });

  it('gives KTO 0.5 and a KL of 0', () => {
    const { outputs, answers } = same();
    const config = runConfigSchema.parse({ kind: 'kto' });
    if (config.kind !== 'kto') throw new Error('unreachable');
    const units = unitsOf.kto(answers);
    const prepared = algorithmOf('kto').prepare?.(config, [{ units, outputs }]);
    expect(prepared).toBe(0);
    expect(step(config, 'kto', outputs, units, { prepared: 0 }).loss).toBeCloseTo(0.5, 12);
  });
});

describe('swapping chosen and rejected', () => {
  it.each(['dpo', 'orpo', 'simpo'] as const)('flips the margin of %s', (kind) => {
    const { outputs, answers } = buildOutputs(LENGTHS);
    const swapped = [1, 0, 3, 2, 5, 4, 7, 6].map((index) => at(answers, index));
    const margin = (list: Answer[]) => at(run({ kind }, outputs, list).metrics.toRecord(), 'rewards/margins');
    expect(margin(swapped)).toBeCloseTo(-margin(answers), 10);
  });

  it('flips the margin of a reward model', () => {
    const { outputs, answers } = buildOutputs([3, 4]);
    const config = runConfigSchema.parse({ kind: 'reward' });
    if (config.kind !== 'reward') throw new Error('unreachable');
    const margin = (list: Answer[]) =>
      at(step(config, 'reward', outputs, [{ answers: list, margins: [] }]).metrics.toRecord(), 'margin');
    expect(margin([...answers].reverse())).toBe(-margin(answers));
  });
});

function sizeOf<K extends RunKind>(kind: K, config: RunConfigOf<K>, unit: UnitOf[K]): number {
  return algorithmOf(kind).sizeOf(unit, config);
}

function centralDifference(values: Float32Array, index: number, loss: () => number): number {
  const value = at(values, index);
  const step = 2 ** -7;
  values[index] = value + step;
  const above = loss();
  const high = at(values, index);
  values[index] = value - step;
  const below = loss();
  const width = high - at(values, index);
  values[index] = value;
  return (above - below) / width;
}

function at<T>(values: { readonly [index: number]: T }, index: number): T;
function at<T>(values: Readonly<Record<string, T>>, name: string): T;
function at<T>(values: Readonly<Record<string | number, T>>, key: string | number): T {
  const value = values[key];
  if (value === undefined) throw new Error(`nothing at ${key}`);
  return value;
}
