import path from 'node:path';
import { readCatalogue } from '../common/config/catalogue.js';
import { readConfig } from '../common/config/config.js';
import { obtainFile } from '../worker/models/obtain-file.js';

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
