import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configFlags, parseConfig } from '../../bin/commands/config-flags.js';
import { newStageConfigSchema, stageConfigSchema } from '../../common/contracts/round-recipe.js';
import {
  defaultLearningRates,
  learningRateOf,
  newRunConfigSchema,
  runConfigSchema,
  runConfigSchemas,
  type RunKind,
} from '../../common/contracts/runs.js';
import type { Item } from '../../worker/data/tokenise.js';
import { MetricTally } from '../../worker/rlhf/metrics.js';
import { algorithms } from '../../worker/rlhf/index.js';
import { MetricsLog } from '../../worker/runs/metrics-log.js';
import { StepPlan } from '../../worker/runs/step-plan.js';

const kinds = Object.keys(runConfigSchemas) as RunKind[];

const items = (count: number): Item[] =>
  Array.from({ length: count }, (_, index) => ({
    line: index + 1,
    sequences: [{ tokens: new Int32Array(5 + (index % 7)), targets: Int32Array.of(1) }],
    margins: [],
    desirable: true,
  }));

describe('a step plan', () => {
  const config = (settings: object) => runConfigSchema.parse({ kind: 'sft', ...settings });

  it('takes every example once an epoch, the last step possibly fewer', () => {
    const plan = new StepPlan(items(22), config({ batchSize: 4, gradientAccumulationSteps: 2, epochs: 2 }));
    expect([plan.stepsPerEpoch, plan.totalSteps]).toEqual([3, 6]);
    const epoch = [0, 1, 2].map((step) => plan.batchesOf(step));
    expect(epoch.map((batches) => batches.map((batch) => batch.length))).toEqual([
      [4, 4],
      [4, 4],
      [4, 2],
    ]);
    expect(epoch.flat(2).sort((a, b) => a - b)).toEqual(Array.from({ length: 22 }, (_, index) => index));
  });

  it('gives the same step again, whatever was asked before', () => {
    const settings = config({ batchSize: 4, epochs: 3 });
    const plan = new StepPlan(items(22), settings);
    const steps = Array.from({ length: plan.totalSteps }, (_, step) => plan.batchesOf(step));
    expect(new StepPlan(items(22), settings).batchesOf(13)).toEqual(steps[13]);
    expect(steps[0]).not.toEqual(steps[6]);
  });

  it('ends early at a step limit, and may train on a part of an epoch', () => {
    expect(new StepPlan(items(40), config({ batchSize: 4, maxSteps: 7 })).totalSteps).toBe(7);
    expect(new StepPlan(items(40), config({ batchSize: 4, epochs: 0.25 })).totalSteps).toBe(3);
  });
});

describe('run settings', () => {
  it.each(kinds)('of %s have defaults, titles and an algorithm', (kind) => {
    const config = runConfigSchema.parse({ kind });
    expect(learningRateOf(config)).toBeGreaterThan(0);
    expect(algorithms[kind].step).toBeTypeOf('function');
    for (const { name, help } of configFlags(kind)) expect(help, name).toMatch(/^[A-Z]/);
  });

  it("take ten times TRL's learning rate for an adapter", () => {
    for (const kind of kinds.filter((known) => known !== 'pretrain' && known !== 'ppo')) {
      const { full, lora } = defaultLearningRates[kind];
      expect(lora / full).toBeCloseTo(10, 9);
    }
  });

  it('refuse what they do not know, and batches too small for an estimate of the KL', () => {
    expect(runConfigSchema.safeParse({ kind: 'dpo', gamma: 1 }).success).toBe(false);
    expect(runConfigSchema.safeParse({ kind: 'kto', batchSize: 2 }).success).toBe(false);
  });

  it('refuse answers that leave no room for a prompt, in a run as in a stage', () => {
    const tight = { kind: 'grpo', maxLength: 256, maxNewTokens: 256 };
    for (const schema of [newRunConfigSchema, newStageConfigSchema]) {
      const { error } = schema.safeParse(tight);
      expect(error?.issues).toMatchObject([{ path: ['maxNewTokens'] }]);
      expect(schema.safeParse({ ...tight, maxNewTokens: 255 }).success).toBe(true);
    }
    expect(() => parseConfig('grpo', { 'max-length': '256', 'max-new-tokens': '256' })).toThrow(
      /--max-new-tokens: .*no room/,
    );
  });

  it('that were stored before they were refused are still read', () => {
    const tight = { kind: 'grpo', maxLength: 256, maxNewTokens: 512 };
    for (const schema of [runConfigSchema, stageConfigSchema])
      expect(schema.parse(tight)).toMatchObject(tight);
  });

  it('are read from flags, nested ones and switches too', () => {
    const given = {
      'lora-rank': '8',
      'lora-targets': 'attn_q,ffn_down',
      'learning-rate': '1e-4',
      packing: true,
    };
    expect(parseConfig('sft', given)).toMatchObject({
      lora: { rank: 8, alpha: 32, targets: ['attn_q', 'ffn_down'] },
      learningRate: 1e-4,
      packing: true,
    });
  });

  it('name every flag that is out of range', () => {
    expect(() => parseConfig('dpo', { 'lora-rank': '0', beta: 'much' })).toThrow(
      /--lora-rank.*--beta|--beta.*--lora-rank/s,
    );
  });
});

describe('metrics', () => {
  it('merge as if all had been seen at once', () => {
    const [one, other] = [new MetricTally(), new MetricTally()];
    one.addMean('loss', 6, 3);
    one.addMin('low', 2);
    one.addMean('up', 4);
    other.addMean('loss', 2, 1);
    other.addMin('low', -1);
    other.addMean('down', 1);
    other.addDifference('margin', 'up', 'down');
    one.merge(other);
    expect(one.toRecord()).toEqual({ loss: 2, low: -1, up: 4, down: 1, margin: 3 });
  });

  it('are forgotten after the step that a run goes on from, and a torn last line with them', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'attune-metrics-'));
    const file = path.join(folder, 'metrics.jsonl');
    await writeFile(file, '{"step":1,"metrics":{"loss":2}}\n{"step":2,"metrics":{"loss":1}}\n{"step":3,"met');
    const log = new MetricsLog(file);
    await log.rewindTo(1);
    await log.append({ step: 2, metrics: { loss: 0.5 } });
    expect(await log.read()).toEqual([
      { step: 1, metrics: { loss: 2 } },
      { step: 2, metrics: { loss: 0.5 } },
    ]);
    await rm(folder, { recursive: true });
  });
});
