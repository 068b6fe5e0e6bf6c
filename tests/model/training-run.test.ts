/** Whole runs on tiny random models, on the CPU: what is learnt, and that a run can be stopped at any point without a trace. */
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../common/contracts/run-events.js';
import {
  conversations,
  ofType,
  plantedPairs,
  plantedThumbs,
  TrainingFolder,
  type Row,
} from '../support/training-folder.js';

const lastStep = (events: readonly RunEvent[]) => ofType(events, 'step').at(-1)?.metrics ?? {};
/** Gradients of random weights are large from the first step on. */
const sft = { kind: 'sft', divergedGradNorm: null };
const rowsOf = { dpo: plantedPairs, reward: plantedPairs, orpo: plantedPairs, simpo: plantedPairs } as const;

describe('a batch of four', () => {
  const cases: [string, Row, (count: number) => Row[], number][] = [
    ['sft', { ...sft, learningRate: 3e-3 }, conversations, 0.05],
    ['sft, full', { ...sft, mode: 'full', learningRate: 3e-3 }, conversations, 0.05],
    ['dpo', { kind: 'dpo', learningRate: 3e-3 }, plantedPairs, 0.01],
    ['kto', { kind: 'kto', learningRate: 1e-2, beta: 0.5 }, plantedThumbs, 0.05],
    ['reward', { kind: 'reward', learningRate: 3e-3 }, plantedPairs, 0.01],
    ['orpo', { kind: 'orpo', learningRate: 3e-3 }, plantedPairs, 0.05],
    ['simpo', { kind: 'simpo', learningRate: 1e-2 }, plantedPairs, 0.05],
  ];
  it.each(cases)('can be fitted to near zero loss: %s', async (_name, settings, rows, limit) => {
    await using folder = await TrainingFolder.create();
    await folder.writeRows(rows(4));
    const config = { ...settings, batchSize: 4, epochs: 100, heldOutFraction: 0 };
    const events = await folder.train(config);
    expect(lastStep(events)['loss']).toBeLessThan(limit);
  });
});

describe('a planted preference', () => {
  it.each(['dpo', 'reward', 'orpo', 'simpo'] as const)(
    'is learnt from 64 pairs and holds for others: %s',
    async (kind) => {
      await using folder = await TrainingFolder.create();
      await folder.writeRows(rowsOf[kind](64));
      await folder.writeRows(plantedPairs(96).slice(64), 'held-out.jsonl');
      const config = { kind, batchSize: 8, epochs: 3, learningRate: 1e-3 };
      const events = await folder.train(config, 'out', {
        request: { heldOutPath: folder.file('held-out.jsonl') },
      });
      const accuracies = ofType(events, 'evaluated').map(
        ({ metrics }) => metrics['eval_rewards/accuracies'] ?? metrics['eval_accuracy'],
      );
      expect(accuracies.at(-1)).toBeGreaterThan(0.9);
    },
  );
});

describe('the first step', () => {
  it('finds policy and reference equal to the bit: ln 2, and no pair right', async () => {
    await using folder = await TrainingFolder.create();
    await folder.writeRows(plantedPairs(8));
    const [first] = ofType(await folder.train({ kind: 'dpo', batchSize: 4, maxSteps: 1 }), 'step');
    expect(first?.metrics).toMatchObject({ loss: Math.LN2, 'rewards/accuracies': 0, 'rewards/margins': 0 });
  });

  it('is the same for one batch of eight as for four micro-batches of two', async () => {
    await using folder = await TrainingFolder.create();
    const shared = { kind: 'dpo', heldOutFraction: 0, shuffle: false, maxSteps: 2, learningRate: 1e-3 };
    await folder.writeRows(plantedPairs(16));
    const whole = ofType(await folder.train({ ...shared, batchSize: 8 }), 'step');
    const parts = ofType(
      await folder.train({ ...shared, batchSize: 2, gradientAccumulationSteps: 4 }, 'other'),
      'step',
    );
    for (const [index, { metrics }] of whole.entries()) {
      const other = parts[index]?.metrics ?? {};
      for (const name of ['loss', 'rewards/margins', 'logps/chosen', 'num_tokens']) {
        expect(other[name]).toBeCloseTo(metrics[name] ?? Number.NaN, 4);
      }
      expect((other['grad_norm'] ?? 0) / (metrics['grad_norm'] ?? 1)).toBeCloseTo(1, 3);
    }
  });
});

describe('a run that was stopped', () => {
  const config = {
    kind: 'dpo',
    batchSize: 4,
    epochs: 2,
    learningRate: 1e-3,
    checkpointEverySteps: 2,
    keepCheckpoints: 9,
  };

  /** Metrics of all steps, without the one that a clock decides. */
  async function curve(folder: TrainingFolder, output: string) {
    const text = (await folder.read(`${output}/metrics.jsonl`)).toString();
    return text
      .trim()
      .split('\n')
      .map((line) => {
        const { step, metrics } = JSON.parse(line) as { step: number; metrics: Record<string, number> };
        return { step, ...metrics, tokens_per_second: 0 };
      });
  }

  async function cardOf(folder: TrainingFolder, output: string) {
    const text = (await folder.read(`${output}/README.md`)).toString();
    return text.replaceAll(/^.*tokens_per_second.*$/gm, '');
  }

  it('goes on to the same bytes, from its cancellation as from an older checkpoint', async () => {
    await using folder = await TrainingFolder.create();
    await folder.writeRows(plantedPairs(20));
    await folder.train(config, 'whole');

    const controller = new AbortController();
    const stopped = await folder.train(config, 'stopped', {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 5) controller.abort();
      },
    });
    expect(stopped.at(-1)).toEqual({
      type: 'cancelled',
      step: 5,
      checkpoint: 'checkpoints/step-0000005.gguf',
    });
    expect(await readdir(folder.file('stopped'))).not.toContain('adapter.gguf');

    // As a crash would leave it: the last checkpoint is an older one, the metrics are ahead of it.
    await mkdir(folder.file('crashed/checkpoints'), { recursive: true });
    for (const file of [
      'run.json',
      'metrics.jsonl',
      'reference-train.json',
      'reference-held-out.json',
      'checkpoints/step-0000002.gguf',
    ]) {
      await copyFile(folder.file(`stopped/${file}`), folder.file(`crashed/${file}`));
    }
    for (const output of ['stopped', 'crashed']) {
      await folder.train(config, output, { request: { resume: true } });
      expect(await curve(folder, output)).toEqual(await curve(folder, 'whole'));
      expect(
        (await folder.read(`${output}/adapter.gguf`)).equals(await folder.read('whole/adapter.gguf')),
      ).toBe(true);
    }
  });

  it.each(['checkpoint', 'step'] as const)(
    'goes on to the same evaluations, findings and card when it was stopped right after a %s',
    async (stoppedAfter) => {
      await using folder = await TrainingFolder.create();
      await folder.writeRows(plantedPairs(20));
      // Two passes over a reward model's data are remarked upon before the first step, and its accuracy after an evaluation.
      const often = { kind: 'reward', epochs: 2, learningRate: 1e-2, batchSize: 4 };
      const input = { ...often, evalEverySteps: 2, checkpointEverySteps: 2 };
      const whole = await folder.train(input, 'whole');
      const controller = new AbortController();
      let step = 0;
      await folder.train(input, 'stopped', {
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === 'step') ({ step } = event);
          if (event.type === stoppedAfter && step === 6) controller.abort();
        },
      });
      const resumed = await folder.train(input, 'stopped', { request: { resume: true } });
      expect(ofType(resumed, 'evaluated').map((event) => event.step)).toEqual([6, 8, 10]);
      // Those from before too: whoever heard them may have died before writing them down.
      expect(ofType(resumed, 'verdict')).toEqual(ofType(whole, 'verdict'));
      expect(ofType(whole, 'verdict')).not.toEqual([]);
      expect(await curve(folder, 'stopped')).toEqual(await curve(folder, 'whole'));
      const card = await cardOf(folder, 'whole');
      expect(card).toContain('Held-out accuracy');
      expect(await cardOf(folder, 'stopped')).toBe(card);
    },
  );

  it('counts high gradients from before it was stopped', async () => {
    await using folder = await TrainingFolder.create();
    await folder.writeRows(conversations(16));
    const input = { kind: 'sft', batchSize: 4, divergedGradNorm: 10 };
    const controller = new AbortController();
    await folder.train(input, 'out', {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 2) controller.abort();
      },
    });
    const going = folder.train(input, 'out', { request: { resume: true } });
    await expect(going).rejects.toMatchObject({ code: 'RUN_DIVERGED', details: { step: 3 } });
  });

  it('keeps as many checkpoints as asked for', async () => {
    await using folder = await TrainingFolder.create();
    await folder.writeRows(plantedPairs(20));
    await folder.train({ ...config, checkpointEverySteps: 1, keepCheckpoints: 2 });
    expect(await readdir(folder.file('out/checkpoints'))).toEqual(['step-0000009.gguf', 'step-0000010.gguf']);
  });

  it.each([
    ['a reward model', { kind: 'reward', learningRate: 1e-3, epochs: 2 }, plantedPairs],
    ['full training', { ...sft, mode: 'full', learningRate: 1e-3 }, conversations],
    [
      'thumbs in micro-batches',
      { kind: 'kto', gradientAccumulationSteps: 2, learningRate: 1e-3 },
      plantedThumbs,
    ],
  ] as const)('goes on to the same bytes: %s', async (_name, settings, rows) => {
    await using folder = await TrainingFolder.create();
    await folder.writeRows(rows(16));
    const input = { ...settings, batchSize: 4 };
    await folder.train(input, 'whole');
    const controller = new AbortController();
    await folder.train(input, 'stopped', {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 2) controller.abort();
      },
    });
    await folder.train(input, 'stopped', { request: { resume: true } });
    expect(await curve(folder, 'stopped')).toEqual(await curve(folder, 'whole'));
    const checkpoints = await readdir(folder.file('whole/checkpoints'));
    const last = `checkpoints/${checkpoints.at(-1)}`;
    expect((await folder.read(`stopped/${last}`)).equals(await folder.read(`whole/${last}`))).toBe(true);
  });
});

describe('the same seed', () => {
  it('gives the same bytes, and another seed others', async () => {
    await using folder = await TrainingFolder.create();
    await folder.writeRows(conversations(12));
    const config = { ...sft, batchSize: 4, epochs: 1 };
    await folder.train(config, 'first');
    await folder.train(config, 'second');
    await folder.train({ ...config, seed: 7 }, 'third');
    const first = await folder.read('first/adapter.gguf');
    expect(first.equals(await folder.read('second/adapter.gguf'))).toBe(true);
    expect(first.equals(await folder.read('third/adapter.gguf'))).toBe(false);
  });
});
