/**
 * The model that is shipped learns from what its own answers are worth: by a rule, and by a reward model of scripted comparisons, which the
 * rule that judges it never entered. A short form of what `npm run bench -- rl` measures in full.
 */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../common/config/repository.js';
import type { RunEvent } from '../../common/contracts/run-events.js';
import { drawComparisons, drawPrompts, tastes, type Taste } from '../../models/generator/taste.js';
import { ofType, TrainingFolder, type Row } from '../support/training-folder.js';

const modelPath = path.join(repositoryRoot, 'models', 'attune-gpt.gguf');
const grpo = {
  kind: 'grpo',
  learningRate: 3e-3,
  schedule: 'constant',
  iterations: 2,
  batchSize: 4,
  gradientAccumulationSteps: 1,
  maxNewTokens: 48,
  maxLength: 128,
  evalEverySteps: null,
};

const asked = (content: string): Row => ({ prompt: [{ role: 'user', content }] });
const said = (content: string) => [{ role: 'assistant', content }];

async function writePrompts(folder: TrainingFolder, taste: Taste): Promise<void> {
  const prompts = drawPrompts(taste, 160, 'reinforcement').map(asked);
  await folder.writeRows(prompts.slice(0, 120));
  await folder.writeRows(prompts.slice(120), 'held-out.jsonl');
}

/** Held-out reward before and after, and the largest KL of any step. */
function outcome(events: readonly RunEvent[], reward: string) {
  const [before, after] = ofType(events, 'evaluated').map(({ metrics }) => metrics[`eval_${reward}`] ?? NaN);
  const kls = ofType(events, 'step').map(({ metrics }) => metrics['objective/kl'] ?? NaN);
  return { before: before ?? NaN, after: after ?? NaN, kl: Math.max(...kls) };
}

/** On a machine that does much else. */
const patience = 900_000;

describe('Attune GPT', { timeout: patience }, () => {
  it.each([
    [tastes.question, 8],
    [tastes.short, 6],
    [tastes.chinese, 5],
  ] as const)('learns by a rule to answer so that it $name', async (taste, maxSteps) => {
    await using folder = await TrainingFolder.create();
    await writePrompts(folder, taste);
    const config = { ...grpo, maxSteps, rewards: [{ type: 'check', check: taste.check }] };
    const request = { modelPath, heldOutPath: folder.file('held-out.jsonl') };
    const events = await folder.train(config, 'out', { request });
    const { before, after, kl } = outcome(events, 'reward');
    expect(after).toBeGreaterThan(0.9);
    expect(after).toBeGreaterThan(before);
    expect(kl).toBeLessThan(10);
  });

  it('learns a taste through a reward model that was trained on comparisons of it', async () => {
    const taste = tastes.question;
    await using folder = await TrainingFolder.create();
    const comparisons = drawComparisons(taste, 400, 'reinforcement');
    await folder.writeRows(
      comparisons.map(({ prompt, chosen, rejected }) => ({
        ...asked(prompt),
        chosen: said(chosen),
        rejected: said(rejected),
      })),
    );
    const reward = { kind: 'reward', batchSize: 16, learningRate: 2e-3, heldOutFraction: 0 };
    await folder.train(reward, 'judge', { request: { modelPath } });
    await writePrompts(folder, taste);
    // A reward model can be fooled where a rule cannot: smaller steps, nothing learnt from groups that it hardly tells apart, and a price
    // for straying. The rule looks on: it weighs nothing.
    const rule = { type: 'check', check: taste.check, weight: 0 };
    const rewards = [{ type: 'model', versionId: 'judge' }, rule];
    const rewardAdapters = { judge: folder.file('judge/adapter.gguf') };
    const request = { modelPath, rewardAdapters, heldOutPath: folder.file('held-out.jsonl') };
    const careful = { maxSteps: 12, learningRate: 2e-3, scaleRewards: 'batch', beta: 0.1 };
    const events = await folder.train({ ...grpo, ...careful, rewards }, 'out', { request });
    const { before, after, kl } = outcome(events, 'rewards/ends_with_question/mean');
    expect(before).toBeLessThan(0.6);
    expect(after).toBeGreaterThan(0.9);
    expect(kl).toBeLessThan(10);
  });
});
