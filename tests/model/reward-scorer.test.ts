/** A reward model at work: its scores are those that it was trained to give, and the best of four by them is of the taste more often. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../common/config/repository.js';
import { gguf, readGguf, readTensorBytes, writeGguf } from '../../common/llama/gguf.js';
import { indexOfBest, RewardScorer } from '../../worker/runs/reward-scorer.js';
import { closingQuestions } from '../support/closing-questions.js';
import { learnRewardOf } from '../support/planted-preference.js';
import { plantedPairs, TrainingFolder } from '../support/training-folder.js';
import { writeTinyModel } from '../support/tiny-model.js';
import { testMachine } from '../support/test-device.js';

const turns = [{ role: 'user', content: 'Question 3?' }] as const;
const answers = ['yes, 4', 'no, 4', 'yes, 7', 'no, 7'];

let folder: TrainingFolder;
beforeAll(async () => {
  folder = await TrainingFolder.create();
  await folder.writeRows(plantedPairs(64));
  const shared = { batchSize: 8, epochs: 3, learningRate: 1e-3, heldOutFraction: 0 };
  await folder.train({ kind: 'reward', ...shared }, 'judge');
  await folder.train({ kind: 'dpo', ...shared, maxSteps: 1 }, 'policy');
});
afterAll(() => folder[Symbol.asyncDispose]());

const open = (adapterPath: string, modelPath = folder.file('model.gguf')) =>
  RewardScorer.open({ modelPath, adapterPath, ...testMachine, threads: 1 });
const judge = () => folder.file('judge/adapter.gguf');

describe('a reward model', () => {
  it('scores what was preferred above what was not, for a prompt it never saw', async () => {
    using scorer = await open(judge());
    const [[yes = 0, no = 0, otherYes = 0, otherNo = 0] = []] = await scorer.score([{ turns, answers }]);
    expect(Math.min(yes, otherYes)).toBeGreaterThan(Math.max(no, otherNo) + 1);
  });

  it('scores answers behind a shared prompt as it scores each by itself', async () => {
    using scorer = await open(judge());
    const [together = []] = await scorer.score([{ turns, answers }]);
    const alone = await scorer.score(answers.map((answer) => ({ turns, answers: [answer] })));
    expect(together).toHaveLength(answers.length);
    for (const [index, score] of together.entries()) expect(score).toBeCloseTo(alone[index]?.[0] ?? NaN, 3);
  });

  it('has a mean of zero on the answers that it was centred on, and keeps every difference', async () => {
    using scorer = await open(judge());
    const [[first = 0, second = 0] = []] = await scorer.score([{ turns, answers }]);
    await scorer.centre([{ turns, answers }]);
    const [centred = []] = await scorer.score([{ turns, answers }]);
    expect(centred.reduce((sum, score) => sum + score, 0)).toBeCloseTo(0, 4);
    expect((centred[0] ?? 0) - (centred[1] ?? 0)).toBeCloseTo(first - second, 4);
  });

  it('judges an answer that is longer than the model reads by its beginning', async () => {
    using scorer = await open(judge());
    const [[long = NaN, short = NaN] = []] = await scorer.score([
      { turns, answers: [`yes, ${'7'.repeat(5000)}`, 'no'] },
    ]);
    expect([Number.isFinite(long), Number.isFinite(short)]).toEqual([true, true]);
  });

  it('gives nothing for a prompt without answers', async () => {
    using scorer = await open(judge());
    expect(await scorer.score([{ turns, answers: [] }])).toEqual([[]]);
  });
});

describe('what is no reward model of this base', () => {
  it('is refused by name: no head, another base, gone', async () => {
    await writeTinyModel(folder.file('other.gguf'), { seed: 5, layers: 3 });
    await expect(open(folder.file('policy/adapter.gguf'))).rejects.toMatchObject({
      code: 'REWARD_MODEL_UNFIT',
    });
    await expect(open(judge(), folder.file('other.gguf'))).rejects.toMatchObject({
      code: 'ADAPTER_MISMATCH',
    });
    await expect(open(folder.file('gone.gguf'))).rejects.toMatchObject({ code: 'GGUF_MISSING' });
  });

  it('is told of when its scores are no numbers', async () => {
    const file = await readGguf(judge());
    const head = file.metadata.get('attune.head.score');
    if (head?.type !== 'array' || head.of === 'string') throw new Error('no head');
    const metadata = new Map(file.metadata);
    metadata.set('attune.head.score', gguf.f32s(Array.from(head.value, () => Number.NaN)));
    const tensors = [...file.tensors.values()].map((info) => ({
      name: info.name,
      type: 'F32' as const,
      shape: info.shape,
      data: new Float32Array(readTensorBytes(file, info).buffer),
    }));
    await writeGguf(folder.file('broken.gguf'), metadata, tensors);
    using scorer = await open(folder.file('broken.gguf'));
    await expect(scorer.score([{ turns, answers }])).rejects.toMatchObject({ code: 'REWARD_NOT_FINITE' });
  });
});

describe('the best of four of Attune GPT', () => {
  it('is of the taste more often than one answer, by a reward model that is right on held-out pairs', async () => {
    const modelPath = path.join(repositoryRoot, 'models', 'attune-gpt.gguf');
    const outcome = await learnRewardOf(closingQuestions({ trained: 64, heldOut: 48 }), {
      modelPath,
      config: { learningRate: 2e-3, epochs: 3, batchSize: 8 },
      sampling: { temperature: 1, maxTokens: 96 },
      candidates: 4,
    });
    expect(outcome.accuracy).toBeGreaterThan(0.9);
    expect(outcome.rate.best).toBeGreaterThan(outcome.rate.first + 0.1);
  });
});

describe('the best', () => {
  it('is the first of equals, and none of nothing', () => {
    expect([indexOfBest([1, 3, 3, 2]), indexOfBest([-5]), indexOfBest([])]).toEqual([1, 0, -1]);
  });
});
