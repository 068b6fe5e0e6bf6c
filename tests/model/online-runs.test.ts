/** Runs that answer themselves, on tiny random models on the CPU: every kind goes its way, and stopping it leaves no trace. */
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../common/contracts/errors.js';
import type { RunEvent } from '../../common/contracts/run-events.js';
import { gguf, readGguf, readTensorBytes, writeGguf } from '../../common/llama/gguf.js';
import { countFrozenBytes } from '../../worker/nn/weights.js';
import { BatchLoop } from '../../worker/inference/loop/batch-loop.js';
import { ofType, plantedPairs, TrainingFolder, type Row } from '../support/training-folder.js';
import { writeTinyModel } from '../support/tiny-model.js';

const original = BatchLoop.prototype.generate;
const wordy = { type: 'check', check: { kind: 'length', unit: 'characters', max: 20 } };
const withQuestion = { type: 'check', check: { kind: 'contains', texts: ['e', 'a'] }, weight: 0.5 };
/** Eight prompts a time, half of them held out. */
const small = {
  rewards: [wordy, withQuestion],
  maxNewTokens: 12,
  groupSize: 4,
  batchSize: 2,
  gradientAccumulationSteps: 2,
  heldOutFraction: 0.25,
  epochs: 4,
  maxSteps: 3,
  learningRate: 1e-2,
  evalEverySteps: null,
};
const prompts = (count: number): Row[] =>
  Array.from({ length: count }, (_, index) => ({
    prompt: [{ role: 'user', content: `Question ${index * 7919}?` }],
  }));

/** Metrics without those that a clock decides. */
const steadily = (metrics: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(metrics).filter(([name]) => !/^time\/|_per_second$/.test(name)));
const steps = (events: readonly RunEvent[]) =>
  ofType(events, 'step').map(({ step, metrics }) => ({ step, ...steadily(metrics) }));

let folder: TrainingFolder;
beforeAll(async () => {
  folder = await TrainingFolder.create();
  await folder.writeRows(plantedPairs(32));
  const reward = { kind: 'reward', batchSize: 8, epochs: 2, learningRate: 1e-3, heldOutFraction: 0 };
  await folder.train(reward, 'judge');
  await folder.writeRows(prompts(16));
});
afterAll(() => folder[Symbol.asyncDispose]());

const judge = () => ({ rewardAdapters: { judge: folder.file('judge/adapter.gguf') } });
const modelReward = { type: 'model', versionId: 'judge', weight: 1 };

describe.each([
  ['grpo', { kind: 'grpo', beta: 0.1, iterations: 2 }],
  ['rloo', { kind: 'rloo', groupSize: 4, iterations: 2 }],
  [
    'ppo',
    { kind: 'ppo', groupSize: 2, iterations: 2, miniBatches: 2, klControl: 'adaptive', klTarget: 0.01 },
  ],
  ['best_of_n', { kind: 'best_of_n' }],
] as const)('a %s run', (kind, settings) => {
  const config = { ...small, ...settings };

  it('tells what it sampled, what that was worth, and how it learns', async () => {
    const events = await folder.train(config, `${kind}-told`, { request: judge() });
    const [rollout] = ofType(events, 'rollout');
    expect(rollout?.groups).toHaveLength(4);
    expect(rollout?.groups[0]?.answers).toHaveLength(config.groupSize);
    expect(Object.keys(rollout?.groups[0]?.answers[0]?.rewards ?? {})).toEqual(['length', 'contains']);
    const [first] = ofType(events, 'step');
    for (const name of ['loss', 'reward', 'rewards/length/mean', 'rewards/contains/std', 'objective/kl'])
      expect(first?.metrics[name], name).toEqual(expect.any(Number));
    expect(first?.metrics['objective/kl']).toBe(0);
    expect(first?.metrics['sampling/logp_difference']).toBeLessThan(0.05);
    expect(ofType(events, 'evaluated').map(({ step }) => step)).toEqual([0, 3]);
    expect(ofType(events, 'finished')).toHaveLength(1);
  });

  it('does the same again, and goes on from a cancellation as if it had not been stopped', async () => {
    const whole = await folder.train(config, `${kind}-whole`);
    const controller = new AbortController();
    const stopped = await folder.train(config, `${kind}-stopped`, {
      signal: controller.signal,
      // In the middle of the second rollout.
      onEvent: (event) => {
        if (event.type === 'rollout' && event.step === 2) controller.abort();
      },
    });
    expect(stopped.at(-1)).toMatchObject({ type: 'cancelled', step: 1 });
    const resumed = await folder.train(config, `${kind}-stopped`, { request: { resume: true } });
    expect([...steps(stopped), ...steps(resumed)]).toEqual(steps(whole));
    const adapter = (output: string) => folder.read(`${output}/adapter.gguf`);
    expect((await adapter(`${kind}-stopped`)).equals(await adapter(`${kind}-whole`))).toBe(true);
  });
});

describe('rewards', () => {
  const config = { ...small, kind: 'grpo', maxSteps: 1 };

  it('come from a reward model, beside a second one that only judges', async () => {
    const settings = { ...config, rewards: [modelReward], heldOutRewardVersionId: 'judge' };
    const [step] = ofType(await folder.train(settings, 'by-model', { request: judge() }), 'step');
    expect(step?.metrics['rewards/held_out/mean']).toBeCloseTo(step?.metrics['rewards/model/mean'] ?? NaN, 5);
    expect(step?.metrics['rewards/held_out/disagreement']).toBe(0);
  });

  it('take memory that is planned before the run: a copy of the base and its scratch for each reward model', async () => {
    const planned = async (output: string, settings: object) => {
      const events = await folder.train({ ...config, ...settings }, output, { request: judge() });
      return ofType(events, 'planned')[0]?.plan.memoryBytes ?? NaN;
    };
    const none = await planned('plan-none', { rewards: [wordy] });
    const one = await planned('plan-one', { rewards: [wordy, modelReward] });
    const two = await planned('plan-two', { rewards: [modelReward], heldOutRewardVersionId: 'judge' });
    expect(one - none).toBeGreaterThan(countFrozenBytes(await readGguf(folder.file('model.gguf'))));
    expect(two - one).toBe(one - none);
    expect(await planned('plan-more', { rewards: [wordy], groupSize: 8 })).toBeGreaterThan(none);
  });

  it('are missing for answers that none could score, which then teach nothing', async () => {
    const sum = { type: 'check', check: { kind: 'arithmetic' } };
    await folder.writeRows(
      [...prompts(3), { prompt: [{ role: 'user', content: 'What is 3 + 4?' }] }],
      'sums.jsonl',
    );
    const settings = { ...config, rewards: [sum], heldOutFraction: 0, gradientAccumulationSteps: 4 };
    const request = { dataPath: folder.file('sums.jsonl') };
    const events = await folder.train(settings, 'sums', { request });
    const answers = ofType(events, 'rollout').flatMap(({ groups }) =>
      groups.flatMap((group) => group.answers),
    );
    const unscored = answers.filter(({ total }) => total === null);
    expect(unscored.length).toBeGreaterThan(0);
    expect(unscored.every(({ advantage }) => advantage === 0)).toBe(true);
    expect(ofType(events, 'step')[0]?.metrics['rewards/unscored']).toBe(unscored.length / answers.length);
  });

  it('that are no numbers are none: the run ends when there is no other', async () => {
    await copyWithBrokenHead(folder.file('judge/adapter.gguf'), folder.file('broken.gguf'));
    const request = { rewardAdapters: { judge: folder.file('broken.gguf') } };
    const both = { ...config, rewards: [modelReward, wordy], heldOutFraction: 0 };
    const [step] = ofType(await folder.train(both, 'half-broken', { request }), 'step');
    expect(step?.metrics['reward']).toBe(step?.metrics['rewards/length/mean']);
    const alone = { ...config, rewards: [modelReward], heldOutFraction: 0 };
    await expect(folder.train(alone, 'all-broken', { request })).rejects.toMatchObject({
      code: 'RUN_REWARDS_UNSCORED',
      details: { step: 1, count: 16 },
    });
  });

  it('of another base, of no version and of nobody are refused by name', async () => {
    await writeTinyModel(folder.file('other.gguf'), { architecture: 'qwen3' });
    const rewards = [modelReward];
    const request = { ...judge(), modelPath: folder.file('other.gguf') };
    await expect(folder.train({ ...config, rewards }, 'other', { request })).rejects.toMatchObject({
      code: 'ADAPTER_MISMATCH',
    });
    await expect(folder.train({ ...config, rewards }, 'gone')).rejects.toMatchObject({
      code: 'RUN_REWARD_GONE',
    });
    await expect(folder.train({ ...config, rewards: [] }, 'none')).rejects.toBeInstanceOf(AppError);
  });

  it('cost an answer without an end and a long one what was asked', async () => {
    const plain = { ...config, rewards: [wordy], heldOutFraction: 0 };
    const priced = { ...plain, missingEndPenalty: 2, lengthPenalty: 1 };
    const totals = async (settings: Row, output: string) =>
      ofType(await folder.train(settings, output), 'rollout').flatMap(({ groups }) =>
        groups.flatMap(({ answers }) =>
          answers.map(({ total, ended, tokens }) => ({ total, ended, tokens })),
        ),
      );
    const [before, after] = [await totals(plain, 'plain'), await totals(priced, 'priced')];
    for (const [index, { total, ended, tokens }] of before.entries())
      expect(after[index]?.total).toBeCloseTo((total ?? NaN) - (ended ? 0 : 2) - tokens / 12, 6);
  });
});

describe('a judge by prompt', () => {
  it('grades every answer between 0 and 1, or says nothing of it', async () => {
    const rewards = [{ type: 'judge', prompt: 'Is it polite?' }, wordy];
    const settings = { ...small, kind: 'grpo', maxSteps: 1, heldOutFraction: 0, rewards };
    const answers = ofType(await folder.train(settings, 'judged'), 'rollout').flatMap(({ groups }) =>
      groups.flatMap((group) => group.answers),
    );
    expect(answers).toHaveLength(16);
    for (const { rewards: given } of answers) {
      const grade = given['judge'] ?? 0.5;
      expect(grade).toBeGreaterThanOrEqual(0);
      expect(grade).toBeLessThanOrEqual(1);
    }
  });
});

describe('a sampler that dies', () => {
  it('ends the run by name, and a resume does its step again', async () => {
    const settings = { ...small, kind: 'grpo', heldOutFraction: 0, checkpointEverySteps: 1 };
    const whole = await folder.train(settings, 'alive');
    let answers = 0;
    const generate = vi.spyOn(BatchLoop.prototype, 'generate').mockImplementation(function (
      this: BatchLoop,
      request,
    ) {
      // In the middle of the second step's rollout.
      if (++answers > 24)
        return Promise.reject(new AppError('ENGINE_COMPUTE_FAILED', { device: 'CPU', status: 2 }));
      return original.call(this, request);
    });
    await expect(folder.train(settings, 'dying')).rejects.toMatchObject({
      code: 'RUN_SAMPLER_FAILED',
      details: { step: 2 },
    });
    generate.mockRestore();
    const resumed = await folder.train(settings, 'dying', { request: { resume: true } });
    expect(steps(resumed)).toEqual(steps(whole).slice(1));
  });
});

describe('guards', () => {
  it('end a run at the bound that is set, and keep what was best on the held-out prompts', async () => {
    const settings = { ...small, kind: 'grpo', maxSteps: 6, evalEverySteps: 1, stopAtLength: 0.001 };
    const unbounded = await folder.train({ ...settings, stopAtLength: null }, 'unbounded');
    expect(ofType(unbounded, 'step')).toHaveLength(6);
    const events = await folder.train(settings, 'bounded');
    expect(ofType(events, 'step').length).toBeLessThan(6);
    expect(ofType(events, 'verdict').map(({ verdict }) => verdict)).toContainEqual(
      expect.objectContaining({ id: 'answers-cut', severity: 'stop' }),
    );
    expect(ofType(events, 'finished')).toHaveLength(1);
  });

  it('give the best model of the run as its result, not the last', async () => {
    const settings = { ...small, kind: 'grpo', maxSteps: 4, evalEverySteps: 1, learningRate: 0.3 };
    const events = await folder.train(settings, 'best', { request: { keepAdapters: true } });
    const scores = ofType(events, 'evaluated').flatMap(({ step, metrics }) =>
      step > 0 ? [{ step, score: metrics['eval_reward'] ?? -Infinity }] : [],
    );
    const best = scores.reduce((first, other) => (other.score > first.score ? other : first));
    expect(ofType(events, 'finished')[0]?.metrics['eval_reward']).toBe(best.score);
    const [kept = ''] = await readdir(folder.file('best/best'));
    expect(kept).toBe(`step-${String(best.step).padStart(7, '0')}.gguf`);

    // Killed before its first checkpoint, but after an evaluation that it does again.
    await mkdir(folder.file('again/best'), { recursive: true });
    await copyFile(folder.file('best/run.json'), folder.file('again/run.json'));
    await copyFile(folder.file(`best/best/${kept}`), folder.file('again/best/step-0000009.gguf'));
    await folder.train(settings, 'again', { request: { resume: true } });
    expect(await readdir(folder.file('again/best'))).toEqual([kept]);
    const adapters = await Promise.all(
      ['best', 'again'].map((output) => folder.read(`${output}/adapter.gguf`)),
    );
    expect(adapters[0]?.equals(adapters[1] ?? Buffer.of())).toBe(true);
  });
});

async function copyWithBrokenHead(from: string, to: string): Promise<void> {
  const file = await readGguf(from);
  const metadata = new Map(file.metadata);
  const head = metadata.get('attune.head.score');
  if (head?.type !== 'array' || head.of === 'string') throw new Error('there is no head to break');
  metadata.set('attune.head.score', gguf.f32s(head.value.map(() => Number.NaN)));
  const tensors = [...file.tensors.values()].map((info) => ({
    name: info.name,
    type: 'F32' as const,
    shape: info.shape,
    data: new Float32Array(readTensorBytes(file, info).buffer),
  }));
  await writeGguf(to, metadata, tensors);
}
