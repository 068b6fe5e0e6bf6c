/**
 * The runs that are compared with PyTorch, transformers, peft and TRL: one tiny base, one LoRA initialisation, the same rows in the same
 * order, fp32. `trl_parity.py` trains them there, from the files that `exportParityInputs` writes; `trl-parity.test.ts` trains them here.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writePeftAdapter } from '../../worker/runs/peft-folder.js';
import { openRunModel } from '../../worker/runs/open-run-model.js';
import { hashFile } from '../../worker/runs/file-hash.js';
import { runRequestSchema } from '../../worker/runs/run-request.js';
import { writeTinyModel } from '../support/tiny-model.js';

export const PARITY_STEPS = 20;
const BATCH = 4;

export const parityLora = { rank: 8, alpha: 16 };
export const parityModel = { architecture: 'llama', seed: 11, heads: 4, keyValueHeads: 2 } as const;

export const parityConfigs = {
  sft: { kind: 'sft', learningRate: 1e-3, divergedGradNorm: null },
  dpo: { kind: 'dpo', learningRate: 1e-3, beta: 0.1 },
  kto: { kind: 'kto', learningRate: 1e-3, beta: 0.1, undesirableWeight: 1.2 },
  reward: { kind: 'reward', learningRate: 1e-3, centerRewardsCoefficient: 0.01 },
} as const;
export type ParityKind = keyof typeof parityConfigs;
export const parityKinds = Object.keys(parityConfigs) as ParityKind[];

/** Settings that all of them share: no shuffling, nothing held out, one pass. */
export const sharedConfig = {
  lora: parityLora,
  batchSize: BATCH,
  epochs: 1,
  shuffle: false,
  heldOutFraction: 0,
  maxLength: 200,
};

const subjects = ['the sea', 'a small bird', 'iron', 'the number seven', 'rain', 'an old map', 'bread'];
const fine = ['is well known to all of us', 'can be seen in the morning', 'is older than it seems'];
const poor = [
  'no idea',
  'whatever it is, it is not here',
  'is',
  'nothing at all, and then a little more of it',
];

/** Plain text, so that no chat template stands between the two; lengths differ within every batch. */
export function parityRows(kind: ParityKind): Record<string, unknown>[] {
  return Array.from({ length: PARITY_STEPS * BATCH }, (_, index) => {
    const subject = subjects[index % subjects.length] ?? '';
    const prompt = `Tell me about ${subject}${', please'.repeat(index % 3)}:`;
    const good = ` ${subject} ${fine[index % fine.length] ?? ''} (${index}).`;
    const bad = ` ${poor[index % poor.length] ?? ''} ${index % 5}`;
    if (kind === 'sft') return { prompt, completion: good };
    if (kind === 'kto') {
      const label = index % 3 !== 0;
      return { prompt, completion: label ? good : bad, label };
    }
    return { prompt, chosen: good, rejected: bad };
  });
}

/** Writes base, rows, settings and initial adapters into a folder, for the script. */
export async function exportParityInputs(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const modelPath = path.join(folder, 'model.gguf');
  await writeTinyModel(modelPath, parityModel);
  const baseSha256 = await hashFile(modelPath);
  for (const kind of parityKinds) {
    const rows = parityRows(kind).map((row) => JSON.stringify(row));
    await writeFile(path.join(folder, `${kind}.jsonl`), rows.join('\n'));
    const config = { ...sharedConfig, ...parityConfigs[kind] };
    const request = runRequestSchema.parse({ config, modelPath, dataPath: '', outputPath: '', gpu: 'off' });
    using model = await openRunModel(request);
    await writePeftAdapter(path.join(folder, `adapter-${kind}`), model, 'base');
  }
  const settings = { steps: PARITY_STEPS, configs: parityConfigs, shared: sharedConfig, baseSha256 };
  await writeFile(path.join(folder, 'settings.json'), JSON.stringify(settings, null, 2));
}
