/** The model that is shipped learns by a rule from its own answers: a short form of what `npm run bench -- rl` measures in full. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../common/config/repository.js';
import type { RunEvent } from '../../common/contracts/run-events.js';
import { drawPrompts, tastes, type Taste } from '../../models/generator/taste.js';
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
});
