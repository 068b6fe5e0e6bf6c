/**
 * Rollouts that are the same here and in TRL: fixed prompts, fixed answers, fixed rewards, in token ids, so that no sampler stands between the
 * two. `grpo_parity.py` learns from them with TRL's GRPOTrainer; `grpo-parity.test.ts` here.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openVocabulary } from '../../common/llama/vocabulary.js';
import { writePeftAdapter } from '../../worker/nn/peft-file.js';
import { hashFile } from '../../worker/runs/file-hash.js';
import { openRunModel } from '../../worker/runs/open-run-model.js';
import { runRequestSchema } from '../../worker/runs/run-request.js';
import { grpoConfigSchema } from '../../common/contracts/online-runs.js';
import { writeTinyModel } from '../support/tiny-model.js';
import { parityLora, parityModel } from './parity-inputs.js';

export const rollouts = 5;
const promptsARollout = 2;
const maxNewTokens = 24;

export const grpoConfig = grpoConfigSchema.parse({
  kind: 'grpo',
  lora: parityLora,
  learningRate: 2e-4,
  schedule: 'constant',
  beta: 0.04,
  clipHigh: 0.28,
  iterations: 2,
  groupSize: 4,
  batchSize: promptsARollout,
  gradientAccumulationSteps: 1,
  maxNewTokens,
});

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
    const answers = Array.from({ length: grpoConfig.groupSize }, (_, place) => {
      const text = ` ${ends[(index + place) % ends.length] ?? ''} ${index * 3 + place}`;
      const ids = [...vocabulary.tokenize(text)].slice(0, maxNewTokens - 1);
      if ((index + place) % 3 !== 0) ids.push(vocabulary.eos ?? 0);
      return { ids, reward: index === 3 ? 0.5 : ((index * 7 + place * 5) % 11) / 10 };
    });
    return { prompt, promptIds: [...vocabulary.tokenize(prompt)], answers };
  });
}

/** Writes base, adapter, rollouts and settings into a folder, for the script. */
export async function exportGrpoInputs(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const modelPath = path.join(folder, 'model.gguf');
  await writeTinyModel(modelPath, parityModel);
  const request = runRequestSchema.parse({
    config: grpoConfig,
    modelPath,
    dataPath: '',
    outputPath: '',
    gpu: 'off',
  });
  using model = await openRunModel(request);
  await writePeftAdapter(path.join(folder, 'adapter-grpo'), model, 'base');
  const settings = { rollouts, config: grpoConfig, baseSha256: await hashFile(modelPath) };
  await writeFile(path.join(folder, 'grpo-settings.json'), JSON.stringify(settings, null, 2));
  await writeFile(path.join(folder, 'grpo-groups.json'), JSON.stringify(await fixedGroups(modelPath)));
}
