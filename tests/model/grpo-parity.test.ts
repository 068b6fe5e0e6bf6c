/**
 * Five rollouts of GRPO, two updates each, against TRL's GRPOTrainer, recorded in `grpo-parity.json` by `tests/parity/grpo_parity.py`: same
 * base, same LoRA initialisation, same answers, same rewards, fp32. With ATTUNE_PARITY_DIR set, writes that script's inputs there instead.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { grpo } from '../../worker/rlhf/grpo.js';
import { toLessonBatches } from '../../worker/rollouts/lesson-batches.js';
import { PolicyView } from '../../worker/rollouts/policy-view.js';
import { hashFile } from '../../worker/runs/file-hash.js';
import { openRunModel } from '../../worker/runs/open-run-model.js';
import { Trainer } from '../../worker/runs/trainer.js';
import {
  exportGrpoInputs,
  fixedGroups,
  grpoConfig,
  rollouts,
  type FixedGroup,
} from '../parity/grpo-inputs.js';
import { parityModel } from '../parity/parity-inputs.js';
import { TrainingFolder } from '../support/training-folder.js';

const recordedSchema = z.object({
  baseSha256: z.string(),
  steps: z.array(z.record(z.string(), z.number())),
});
const recordedPath = path.join(import.meta.dirname, '../golden/grpo-parity.json');
const target = process.env['ATTUNE_PARITY_DIR'];
const { signal } = new AbortController();

describe.runIf(target)('the inputs for TRL', () => {
  it('are written', async () => {
    await exportGrpoInputs(target ?? '');
  });
});

describe.skipIf(target)('against TRL', () => {
  it('takes the same ten updates', async () => {
    const { baseSha256, steps } = recordedSchema.parse(JSON.parse(await readFile(recordedPath, 'utf8')));
    await using folder = await TrainingFolder.create(parityModel);
    expect(await hashFile(folder.file('model.gguf'))).toBe(baseSha256);
    const ours = await learn(folder);
    expect(ours).toHaveLength(steps.length);
    for (const [index, expected] of steps.entries())
      for (const [name, limit] of [
        ['loss', 1e-3],
        ['kl', 1e-3],
        ['entropy', 1e-3],
        ['clip_ratio/region_mean', 1e-3],
        ['grad_norm', 1e-3 * (expected['grad_norm'] ?? 0)],
      ] as const) {
        const difference = Math.abs((ours[index]?.[name] ?? NaN) - (expected[name] ?? NaN));
        expect(difference, `${name} of update ${index + 1}`).toBeLessThanOrEqual(limit);
      }
  });
});

/** As an online learner does it, from answers that are given. @returns metrics of each update */
async function learn(folder: TrainingFolder): Promise<Record<string, number>[]> {
  using model = await openRunModel(folder.request(grpoConfig));
  const trainer = new Trainer('grpo', grpoConfig, model);
  const fixed = await fixedGroups(folder.file('model.gguf'));
  const told: Record<string, number>[] = [];
  const { temperature, batchSize, iterations } = grpoConfig;
  for (let rollout = 0; rollout < rollouts; rollout++) {
    const chosen = fixed.slice(rollout * batchSize, (rollout + 1) * batchSize);
    const asked = chosen.map(toAsked);
    const view = await new PolicyView(model, null).view(asked, {
      temperature,
      reads: 'logProbs',
      batchSize,
      signal,
    });
    const groups = asked.map((group, index) => ({
      ...group,
      judged: (view[index] ?? []).map((seen, place) => ({
        ...seen,
        ended: true,
        reward: chosen[index]?.answers[place]?.reward ?? null,
      })),
    }));
    const { lessons } = grpo.weigh(
      grpoConfig,
      groups.map(({ judged }) => judged),
      {},
    );
    const batches = toLessonBatches(grpoConfig, groups, { lessons, difference: { mean: 0, max: 0 } });
    for (let pass = 0; pass < iterations; pass++) {
      const { loss, metrics } = await trainer.accumulate(batches, { signal });
      const { gradNorm } = await model.update({ learningRate: grpoConfig.learningRate ?? 0, maxGradNorm: 1 });
      told.push({ loss, grad_norm: gradNorm, ...metrics.toRecord() });
    }
  }
  return told;
}

const toAsked = ({ promptIds, answers }: FixedGroup) => ({
  prompt: Int32Array.from(promptIds),
  turns: [],
  answers: answers.map(({ ids }) => ({
    tokens: Int32Array.from(ids),
    text: '',
    ended: true,
    logProbs: new Float32Array(ids.length),
  })),
  rewarded: [],
});
