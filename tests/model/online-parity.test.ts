/**
 * Five rollouts, two updates each, against independent judges: GRPO and RLOO against TRL's trainers, recorded by `tests/parity/online_parity.py`,
 * and PPO against PyTorch and the papers' equations, recorded by `tests/parity/ppo_parity.py`. Same base, same LoRA initialisation, same
 * answers, same rewards, fp32. With ATTUNE_PARITY_DIR set, writes the scripts' inputs there instead.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { OnlineConfig, OnlineKind } from '../../common/contracts/runs.js';
import type { Carried, OnlineAlgorithm } from '../../worker/rlhf/algorithm.js';
import { onlineAlgorithmOf } from '../../worker/rlhf/index.js';
import { toLessonBatches } from '../../worker/rollouts/lesson-batches.js';
import { PolicyView } from '../../worker/rollouts/policy-view.js';
import { startValueHead } from '../../worker/rollouts/value-head.js';
import { hashFile } from '../../worker/runs/file-hash.js';
import { openRunModel } from '../../worker/runs/open-run-model.js';
import { Trainer } from '../../worker/runs/trainer.js';
import {
  comparedKinds,
  exportOnlineInputs,
  fixedGroups,
  onlineConfigs,
  rollouts,
  type ComparedKind,
  type FixedGroup,
} from '../parity/online-inputs.js';
import { parityModel } from '../parity/parity-inputs.js';
import { TrainingFolder } from '../support/training-folder.js';

const recordedSchema = z.object({
  baseSha256: z.string(),
  steps: z.array(z.record(z.string(), z.number())),
});
/** Compared to 1e-3, beside the loss and, relative to its size, the gradient's norm. */
const comparedMetrics = {
  grpo: ['kl', 'entropy', 'clip_ratio/region_mean'],
  rloo: ['entropy', 'clip_ratio/region_mean'],
  ppo: [
    'loss/policy_avg',
    'loss/value_avg',
    'policy/approxkl_avg',
    'policy/clipfrac_avg',
    'val/clipfrac_avg',
    'val/ratio',
    'objective/kl',
    'objective/rlhf_reward',
    'kl_coef',
  ],
} as const satisfies Record<ComparedKind, readonly string[]>;
const target = process.env['ATTUNE_PARITY_DIR'];
const { signal } = new AbortController();

describe.runIf(target)('the inputs for the scripts', () => {
  it('are written', async () => {
    await exportOnlineInputs(target ?? '');
  });
});

describe.skipIf(target)('against an independent implementation', () => {
  it.each(comparedKinds)('takes the same ten updates: %s', async (kind) => {
    const file = path.join(import.meta.dirname, `../golden/${kind}-parity.json`);
    const { baseSha256, steps } = recordedSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    await using folder = await TrainingFolder.create(parityModel);
    expect(await hashFile(folder.file('model.gguf'))).toBe(baseSha256);
    const ours = await learn(folder, onlineConfigs[kind]);
    expect(ours).toHaveLength(steps.length);
    for (const [index, expected] of steps.entries()) {
      const limits = [
        ['loss', 1e-3],
        ['grad_norm', 1e-3 * (expected['grad_norm'] ?? 0)],
        ...comparedMetrics[kind].map((name) => [name, 1e-3] as const),
      ] as const;
      for (const [name, limit] of limits) {
        const difference = Math.abs((ours[index]?.[name] ?? NaN) - (expected[name] ?? NaN));
        expect(difference, `${name} of update ${index + 1}`).toBeLessThanOrEqual(limit);
      }
    }
  });
});

/** As an online learner does it, from answers that are given. @returns metrics of each update */
async function learn(folder: TrainingFolder, config: OnlineConfig): Promise<Record<string, number>[]> {
  const algorithm = onlineAlgorithmOf(config.kind) as OnlineAlgorithm<OnlineConfig>;
  using model = await openRunModel(folder.request(config));
  await startValueHead(model, { config, rewardAdapters: {} });
  const trainer = new Trainer<OnlineKind>(config.kind, config, model);
  const fixed = await fixedGroups(folder.file('model.gguf'));
  const told: Record<string, number>[] = [];
  let carried: Carried = {};
  const { temperature, batchSize, iterations } = config;
  for (let rollout = 0; rollout < rollouts; rollout++) {
    const chosen = fixed.slice(rollout * batchSize, (rollout + 1) * batchSize);
    const asked = chosen.map(toAsked);
    const view = await new PolicyView(model, null).view(asked, {
      temperature,
      reads: algorithm.reads,
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
    const weighed = algorithm.weigh(
      config,
      groups.map(({ judged }) => judged),
      carried,
    );
    carried = weighed.carried;
    const batches = toLessonBatches(config, groups, { ...weighed, difference: { mean: 0, max: 0 } });
    for (let pass = 0; pass < iterations; pass++) {
      const { loss, metrics } = await trainer.accumulate(batches, { signal });
      const { gradNorm } = await model.update({ learningRate: config.learningRate ?? 0, maxGradNorm: 1 });
      told.push({ loss, grad_norm: gradNorm, ...metrics.toRecord(), ...weighed.metrics });
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
