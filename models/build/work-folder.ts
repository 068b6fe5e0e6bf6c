/** What a build keeps between sessions: vocabulary, initial weights, checkpoint, curve. Outside the repository. */
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createRandom } from '../random.js';
import { trainVocabulary } from '../tokenizer/bpe-trainer.js';
import { type Merge, Vocabulary } from '../tokenizer/vocabulary.js';
import { drawTexts } from './examples.js';
import { drawWeights, writeModel } from './model-file.js';
import type { Recipe } from './recipe.js';
import type { StepReport } from './train-phase.js';

export interface WorkFolder {
  vocabulary: Vocabulary;
  /** Random weights in F32, from which training starts. */
  initialModel: string;
  checkpoint: string;
  /** JSON lines, one a step. */
  curve: string;
}

/** Makes what is not there yet; the same recipe makes the same bytes. */
export async function openWorkFolder(folder: string, recipe: Recipe): Promise<WorkFolder> {
  await mkdir(folder, { recursive: true });
  const vocabulary = await openVocabulary(path.join(folder, 'merges.json'), recipe);
  const initialModel = path.join(folder, 'initial.gguf');
  if (!existsSync(initialModel)) {
    const tensors = drawWeights(recipe.shape, vocabulary.tokens.length, recipe.seed);
    await writeModel(initialModel, { shape: recipe.shape, vocabulary, tensors, type: 'F32' });
  }
  return {
    vocabulary,
    initialModel,
    checkpoint: path.join(folder, 'checkpoint.gguf'),
    curve: path.join(folder, 'curve.jsonl'),
  };
}

export async function recordStep(folder: WorkFolder, report: StepReport): Promise<void> {
  await appendFile(folder.curve, `${JSON.stringify(report)}\n`);
}

export async function readCurve(folder: WorkFolder): Promise<StepReport[]> {
  const lines = (await readFile(folder.curve, 'utf8')).trim().split('\n');
  // A build that was stopped repeats the steps since its checkpoint: the last report of a step counts.
  const reports = lines.map((line) => JSON.parse(line) as StepReport);
  return [...new Map(reports.map((report) => [`${report.phase}/${report.step}`, report])).values()];
}

async function openVocabulary(file: string, recipe: Recipe): Promise<Vocabulary> {
  if (existsSync(file)) return new Vocabulary(JSON.parse(await readFile(file, 'utf8')) as Merge[]);
  const texts = drawTexts(createRandom(`${recipe.seed}/vocabulary`), recipe.vocabularyTexts);
  const vocabulary = trainVocabulary(texts, recipe.vocabularySize);
  await writeFile(`${file}.tmp`, JSON.stringify(vocabulary.merges));
  await rename(`${file}.tmp`, file);
  return vocabulary;
}
