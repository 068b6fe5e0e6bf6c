/**
 * Rollouts that are the same here and elsewhere: fixed prompts, fixed answers, fixed rewards, in token ids, so that no sampler stands between
 * the two. `online_parity.py` learns from them with TRL's trainers, `ppo_parity.py` in plain PyTorch; `online-parity.test.ts` here.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openVocabulary } from '../../common/llama/vocabulary.js';
import { writePeftAdapter } from '../../worker/runs/peft-folder.js';
import { hashFile } from '../../worker/runs/file-hash.js';
import { openRunModel } from '../../worker/runs/open-run-model.js';
import { runRequestSchema } from '../../worker/runs/run-request.js';
import { grpoConfigSchema, ppoConfigSchema, rlooConfigSchema } from '../../common/contracts/online-runs.js';
import { writeTinyModel } from '../support/tiny-model.js';
import { parityLora, parityModel } from './parity-inputs.js';

export const rollouts = 5;
const promptsARollout = 2;
const groupSize = 4;
const maxNewTokens = 24;

const shared = {
  lora: parityLora,
  learningRate: 2e-4,
  schedule: 'constant',
  iterations: 2,
  groupSize,
  batchSize: promptsARollout,
  gradientAccumulationSteps: 1,
  maxNewTokens,
};

export const onlineConfigs = {
  grpo: grpoConfigSchema.parse({ kind: 'grpo', ...shared, beta: 0.04, clipHigh: 0.28 }),
  rloo: rlooConfigSchema.parse({ kind: 'rloo', ...shared, beta: 0.05, normaliseAdvantages: true }),
  ppo: ppoConfigSchema.parse({
    kind: 'ppo',
    ...shared,
    learningRate: 1e-3,
    klControl: 'adaptive',
    klTarget: 0.5,
    whitenRewards: true,
    valueClip: 0.02,
    gaeLambda: 0.9,
  }),
};
export type ComparedKind = keyof typeof onlineConfigs;
export const comparedKinds = Object.keys(onlineConfigs) as ComparedKind[];

/** Answers to one prompt. */
export interface FixedGroup {
  prompt: string;
  promptIds: number[];
  answers: { ids: number[]; reward: number }[];
}

const subjects = ['the sea', 'a small bird', 'iron', 'rain', 'an old map', 'bread', 'the moon'];
const ends = ['is well known to all', 'can be seen', 'is older than it seems', 'no idea', 'is'];

/** Ten different prompts; some answers end, some were cut off, and one group has equal rewards. */
export async function fixedGroups(modelPath: string): Promise<FixedGroup[]> {
  using opened = await openVocabulary(modelPath, { gpu: 'off' });
  const { vocabulary } = opened;
  return Array.from({ length: rollouts * promptsARollout }, (_, index) => {
    const prompt = `Tell me about ${subjects[index % subjects.length] ?? ''} (${index}):`;
    const answers = Array.from({ length: groupSize }, (_, place) => {
      const text = ` ${ends[(index + place) % ends.length] ?? ''} ${index * 3 + place}`;
      const ids = [...vocabulary.tokenize(text)].slice(0, maxNewTokens - 1);
      if ((index + place) % 3 !== 0) ids.push(vocabulary.eos ?? 0);
      return { ids, reward: index === 3 ? 0.5 : ((index * 7 + place * 5) % 11) / 10 };
    });
    return { prompt, promptIds: [...vocabulary.tokenize(prompt)], answers };
  });
}

/** Writes base, adapters, rollouts and settings into a folder, for the scripts. */
export async function exportOnlineInputs(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const modelPath = path.join(folder, 'model.gguf');
  await writeTinyModel(modelPath, parityModel);
  for (const kind of comparedKinds) {
    const config = onlineConfigs[kind];
    const request = runRequestSchema.parse({ config, modelPath, dataPath: '', outputPath: '', gpu: 'off' });
    using model = await openRunModel(request);
    await writePeftAdapter(path.join(folder, `adapter-${kind}`), model, 'base');
  }
  const settings = { rollouts, configs: onlineConfigs, baseSha256: await hashFile(modelPath) };
  await writeFile(path.join(folder, 'online-settings.json'), JSON.stringify(settings, null, 2));
  await writeFile(path.join(folder, 'online-groups.json'), JSON.stringify(await fixedGroups(modelPath)));
}
