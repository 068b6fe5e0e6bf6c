/**
 * An adapter as PEFT keeps it, loaded by peft itself: one tiny base, one adapter whose every number is set. `peft_adapter.py` reads what
 * `exportPeftInputs` writes; `peft-adapter.test.ts` holds our own log-probs to what it recorded.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openModel } from '../../worker/nn/open-model.js';
import { writePeftAdapter } from '../../worker/runs/peft-folder.js';
import type { TrainableModel } from '../../worker/nn/trainable-model.js';
import { hashFile } from '../../worker/runs/file-hash.js';
import { pseudoRandom } from '../support/model-outputs.js';
import { writeTinyModel } from '../support/tiny-model.js';
import { someTokens } from '../support/token-batches.js';

/** Grouped heads, since their queries and keys are stored in another order there. */
const base = { architecture: 'llama', seed: 12, heads: 4, keyValueHeads: 2 } as const;
export const peftTokens = someTokens(40);

/** Writes base and adapter into a folder. @returns the open model, with the adapter in it */
export async function makePeftInputs(folder: string): Promise<TrainableModel> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'model.gguf');
  await writeTinyModel(file, base);
  const model = await openModel(file, { gpu: 'off', threads: 1, lora: { rank: 4, alpha: 12 } });
  const random = pseudoRandom(7);
  // B begins at zero, which would hide any mistake in it.
  const parameters = model.exportParameters().map((tensor) => ({
    ...tensor,
    data: tensor.data.map((value) => value + 0.2 * (random() - 0.5)),
  }));
  model.importParameters(parameters);
  await writePeftAdapter(path.join(folder, 'peft'), model, 'base');
  return model;
}

/** For the script: the same with the token ids beside it. */
export async function exportPeftInputs(folder: string): Promise<void> {
  using _model = await makePeftInputs(folder);
  const baseSha256 = await hashFile(path.join(folder, 'model.gguf'));
  const settings = { tokens: peftTokens, baseSha256, adapterSha256: await hashFile(adapterIn(folder)) };
  await writeFile(path.join(folder, 'peft.json'), JSON.stringify(settings));
}

export const adapterIn = (folder: string) => path.join(folder, 'peft', 'adapter_model.safetensors');
