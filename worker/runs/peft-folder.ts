import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { toPeftFiles } from '../nn/peft-file.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import { writeFileAtomically } from './atomic-file.js';

/**
 * @param folder     made where it is missing
 * @param baseModel  what PEFT shall load the base from; a name or a path
 * @throws AppError `ADAPTER_MISMATCH` for a model in full training
 */
export async function writePeftAdapter(
  folder: string,
  model: TrainableModel,
  baseModel: string,
): Promise<void> {
  const files = toPeftFiles(model, baseModel);
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files))
    await writeFileAtomically(path.join(folder, name), content);
}
