/** What a finished run leaves behind, besides its metrics and checkpoints. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { RunArtefact } from '../../common/contracts/run-events.js';
import type { GgufFile } from '../../common/llama/gguf.js';
import type { NamedTensor } from '../nn/trainable-model.js';
import { writeAdapter, writeHead } from './adapter-file.js';
import { writeFileAtomically } from './atomic-file.js';
import type { Lineage } from './lineage.js';
import { writeModelFile } from './model-file.js';
import { HEAD_FILE } from './open-run-model.js';
import { writePeftAdapter } from './peft-adapter.js';
import type { RunRequest } from './run-request.js';

export interface ArtefactSources {
  request: RunRequest;
  lineage: Lineage;
  base: GgufFile;
  parameters: readonly NamedTensor[];
  /** Markdown of the model card. */
  card: string;
}

/** @throws AppError `GGUF_WRITE_FAILED`; nothing half-written is left under a final name */
export async function writeArtefacts(sources: ArtefactSources): Promise<RunArtefact[]> {
  const { request, lineage, parameters } = sources;
  const { config, outputPath } = request;
  const name = `${lineage.baseName} (${config.kind})`;
  const written: [RunArtefact['kind'], string][] = [];
  const inFolder = (file: string) => path.join(outputPath, file);

  if (config.mode === 'lora') {
    await writeAdapter(inFolder('adapter.gguf'), { ...lineage, name, alpha: config.lora.alpha }, parameters);
    written.push(['adapter', 'adapter.gguf']);
    const peft = await writePeftAdapter(inFolder('peft'), parameters, {
      architecture: lineage.architecture,
      baseName: lineage.baseName,
      rank: config.lora.rank,
      alpha: config.lora.alpha,
      hasScoreHead: config.kind === 'reward',
      ...headCounts(sources.base, lineage.architecture),
    });
    if (peft) written.push(['peft', 'peft/adapter_model.safetensors']);
  }
  if (config.kind === 'reward') {
    const head = parameters.filter(({ name: tensor }) => tensor.startsWith('score.'));
    await writeHead(inFolder(HEAD_FILE), { name, baseSha256: lineage.baseSha256 }, head);
    written.push(['head', HEAD_FILE]);
  }
  if (config.mode === 'full' || request.merge !== null) {
    await writeModelFile(inFolder('model.gguf'), request.modelPath, parameters, {
      name,
      type: request.merge ?? 'F16',
      adapterScale: config.lora.alpha / config.lora.rank,
    });
    written.push(['model', 'model.gguf']);
  }
  await writeFileAtomically(inFolder('README.md'), sources.card);
  written.push(['card', 'README.md']);
  return Promise.all(
    written.map(async ([kind, file]) => ({ kind, path: file, sizeBytes: (await stat(inFolder(file))).size })),
  );
}

function headCounts({ metadata }: GgufFile, architecture: string) {
  const number = (key: string) => {
    const value = metadata.get(`${architecture}.attention.${key}`)?.value;
    return typeof value === 'number' ? value : null;
  };
  const headCount = number('head_count') ?? 1;
  return { headCount, keyHeadCount: number('head_count_kv') ?? headCount };
}
