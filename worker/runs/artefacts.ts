/** What a finished run leaves behind, besides its metrics and checkpoints. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { RunArtefact } from '../../common/contracts/run-events.js';
import { gguf } from '../../common/llama/gguf.js';
import { writeAdapterFile } from '../nn/adapter-file.js';
import { mergeAdapterFile, writeModelFile } from '../nn/model-file.js';
import { toHeadMetadata } from '../nn/score-head.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import { writeFileAtomically } from './atomic-file.js';
import type { TrainingLineage } from '../../common/contracts/lineage.js';
import { writePeftAdapter } from './peft-folder.js';
import type { RunRequest } from './run-request.js';

/** The model card, in the run's folder. */
export const cardFile = 'README.md';

export interface ArtefactSources {
  request: RunRequest;
  lineage: TrainingLineage;
  model: TrainableModel;
  /** Markdown of the model card. */
  card: string;
}

/** @throws AppError `GGUF_WRITE_FAILED`; nothing half-written is left under a final name */
export async function writeArtefacts({
  request,
  lineage,
  model,
  card,
}: ArtefactSources): Promise<RunArtefact[]> {
  const { config, outputPath, modelPath, merge } = request;
  const inFolder = (file: string) => path.join(outputPath, file);
  const told = [
    ['general.name', gguf.text(`${lineage.baseName} (${config.kind})`)],
    ['attune.lineage', gguf.text(JSON.stringify(lineage))],
  ] as const;
  const written: [RunArtefact['kind'], string][] = [];
  if (config.mode === 'lora') {
    await writeAdapterFile(inFolder('adapter.gguf'), model, told);
    await writePeftAdapter(inFolder('peft'), model, lineage.baseName);
    written.push(['adapter', 'adapter.gguf'], ['peft', 'peft/adapter_model.safetensors']);
    if (merge !== null) {
      const options = { type: merge, metadata: told };
      await mergeAdapterFile(modelPath, inFolder('adapter.gguf'), inFolder('model.gguf'), options);
      written.push(['model', 'model.gguf']);
    }
  } else {
    const parameters = model.exportParameters();
    const options = { type: merge ?? 'F16', metadata: [...told, ...toHeadMetadata(parameters)] };
    await writeModelFile(modelPath, parameters, inFolder('model.gguf'), options);
    written.push(['model', 'model.gguf']);
  }
  await writeFileAtomically(inFolder(cardFile), card);
  written.push(['card', cardFile]);
  return Promise.all(
    written.map(async ([kind, file]) => ({
      kind,
      path: file,
      sizeBytes: (await stat(inFolder(file))).size,
    })),
  );
}
