/**
 * Twenty steps of SFT, DPO, KTO and reward training against TRL's, recorded in `trl-parity.json` by `tests/parity/trl_parity.py`: same
 * base, same LoRA initialisation, same rows, fp32. With ATTUNE_PARITY_DIR set, writes that script's inputs there instead.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openVocabulary } from '../../common/llama/vocabulary.js';
import { hashFile } from '../../worker/runs/file-hash.js';
import {
  exportParityInputs,
  parityConfigs,
  parityKinds,
  parityModel,
  parityRows,
  sharedConfig,
} from '../parity/parity-inputs.js';
import { ofType, TrainingFolder } from '../support/training-folder.js';
import { writeTinyModel } from '../support/tiny-model.js';
import { testLibraries } from '../support/test-device.js';

const recordedSchema = z.object({
  settings: z.object({ baseSha256: z.string() }),
  tokens: z.array(z.object({ text: z.string(), ids: z.array(z.int()) })),
  steps: z.record(z.string(), z.array(z.record(z.string(), z.number()))),
});
const recordedPath = path.join(import.meta.dirname, '../golden/trl-parity.json');
const readRecorded = async () => recordedSchema.parse(JSON.parse(await readFile(recordedPath, 'utf8')));
const target = process.env['ATTUNE_PARITY_DIR'];

/** Metrics that are compared beside the loss, and how far they may differ. */
const compared: Record<string, number> = {
  loss: 1e-3,
  grad_norm: 1e-3,
  learning_rate: 1e-12,
  num_tokens: 0,
  'rewards/chosen': 1e-3,
  'rewards/rejected': 1e-3,
  'rewards/margins': 1e-3,
  'rewards/accuracies': 1e-9,
  'logps/chosen': 1e-2,
  'logps/rejected': 1e-2,
  kl: 1e-2,
  mean_token_accuracy: 1e-6,
  entropy: 1e-3,
  accuracy: 1e-9,
  margin: 2e-3,
  mean_reward: 1e-3,
  min_reward: 2e-3,
  max_reward: 2e-3,
};

describe.runIf(target)('the inputs for TRL', () => {
  it('are written', async () => {
    await exportParityInputs(target ?? '');
  });
});

describe.skipIf(target)('against TRL', () => {
  it('reads text as the same tokens', async () => {
    const { tokens } = await readRecorded();
    await using folder = await TrainingFolder.create(parityModel);
    using opened = await openVocabulary(folder.file('model.gguf'), testLibraries);
    for (const { text, ids } of tokens) expect([...opened.vocabulary.tokenize(text)]).toEqual(ids);
  });

  it.each(parityKinds)('%s takes the same twenty steps', async (kind) => {
    const { settings, steps } = await readRecorded();
    await using folder = await TrainingFolder.create();
    await writeTinyModel(folder.file('model.gguf'), parityModel);
    expect(await hashFile(folder.file('model.gguf'))).toBe(settings.baseSha256);
    await folder.writeRows(parityRows(kind));
    const ours = ofType(await folder.train({ ...sharedConfig, ...parityConfigs[kind] }), 'step');
    const theirs = steps[kind] ?? [];
    expect(ours).toHaveLength(theirs.length);
    const differences = theirs.flatMap((expected, index) =>
      Object.entries(compared).flatMap(([name, limit]) => {
        const [came, wanted] = [ours[index]?.metrics[name], expected[name]];
        if (came === undefined || wanted === undefined) return [];
        // Only the gradient's size spans orders of magnitude.
        const scale = name === 'grad_norm' ? wanted : 1;
        return Math.abs(came - wanted) <= limit * scale ? [] : [{ step: index + 1, name, came, wanted }];
      }),
    );
    expect(differences).toEqual([]);
  });
});
