import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { readCatalogue } from '../common/config/catalogue.js';
import { readConfig } from '../common/config/config.js';
import { obtainFile } from '../worker/models/obtain-file.js';
import { writeModelFile, type ModelFileOptions } from '../worker/nn/model-file.js';

/** The catalogue's default model, fetched once into the data folder. @returns its path */
export async function obtainBenchModel(): Promise<string> {
  const { hub, dataDir } = readConfig();
  const { default: entry } = readCatalogue();
  const file = await obtainFile(entry.sources, {
    folder: path.join(dataDir, 'bench'),
    key: entry.id,
    hub,
    signal: new AbortController().signal,
    onProgress: () => {},
    onVerifying: () => {},
  });
  return file.path;
}

/** The same model with its matrices in another type, such as Q8_0, which ggml multiplies faster. @returns the copy's path */
export async function convertBenchModel(modelPath: string, type: ModelFileOptions['type']): Promise<string> {
  const folder = path.join(readConfig().dataDir, 'bench');
  await mkdir(folder, { recursive: true });
  const target = path.join(folder, `${path.basename(modelPath, '.gguf')}-as-${type}.gguf`);
  if (!existsSync(target)) await writeModelFile(modelPath, [], target, { type });
  return target;
}
