/** What a run needs before its model is opened: rows read and checked, hashes taken, text turned into ids. Fails early and cheaply. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../common/contracts/errors.js';
import type { DataReport } from '../../common/contracts/run-events.js';
import { readGguf, type GgufFile } from '../../common/llama/gguf.js';
import { openVocabulary } from '../../common/llama/vocabulary.js';
import { isOnline, sftConfigSchema, type RunConfig } from '../../common/contracts/runs.js';
import type { Example, Text } from '../../common/data/rows.js';
import { ChatTemplate } from '../data/chat-template.js';
import { prepareItems } from '../data/prepare.js';
import { preparePrompts } from '../data/prompts.js';
import { readJsonl } from '../data/read-jsonl.js';
import { splitExamples } from '../data/split.js';
import type { Item, TextEncoding } from '../data/tokenise.js';
import { hashFile } from './file-hash.js';
import { readCodeVersion } from './code-version.js';
import type { TrainingLineage } from '../../common/contracts/lineage.js';
import type { RunRequest } from './run-request.js';

export interface PreparedItems {
  items: Item[];
  /** What each item asks, as it was written, where the model is to answer; empty where answers are there. */
  prompts: Text[];
  report: DataReport;
}

export interface PreparedRun {
  lineage: TrainingLineage;
  train: PreparedItems;
  /** Null when nothing is held out. */
  heldOut: PreparedItems | null;
  /** Text whose likelihood is mixed in (PPO-ptx), or null. */
  mix: PreparedItems | null;
}

/** @throws AppError `RUN_OUTPUT_EXISTS` when the folder holds a run that is not to be resumed */
export async function claimFolder(folder: string, resume: boolean): Promise<void> {
  await mkdir(folder, { recursive: true });
  const mark = path.join(folder, 'run.json');
  if (existsSync(mark) && !resume) throw new AppError('RUN_OUTPUT_EXISTS', { path: folder });
}

/** Leaves the mark of a run in its folder. */
export async function markFolder(folder: string, lineage: TrainingLineage): Promise<void> {
  await writeFile(path.join(folder, 'run.json'), `${JSON.stringify(lineage, null, 2)}\n`);
}

/**
 * @throws AppError `GGUF_MISSING`, `GGUF_INVALID`, `MODEL_TEMPLATE_INVALID`, `RUN_REWARD_MISSING`, and what is wrong with the data:
 *   `DATA_*`, `RUN_MIX_MISSING`
 */
export async function prepareRun(request: RunRequest, signal: AbortSignal): Promise<PreparedRun> {
  const { config, modelPath, dataPath, heldOutPath, startAdapterPath } = request;
  if (isOnline(config) && config.rewards.length === 0)
    throw new AppError('RUN_REWARD_MISSING', { kind: config.kind });
  const data = await readJsonl(dataPath, config.kind);
  const judged = heldOutPath === null ? null : await readJsonl(heldOutPath, config.kind);
  const split = judged
    ? { train: data.examples, heldOut: judged.examples }
    : splitExamples(data.examples, config.heldOutFraction, config.seed);

  const base = await readGguf(modelPath);
  const { architecture, name, contextLength } = describeBase(base);
  using opened = await openVocabulary(modelPath, libraryOptions(request));
  const template = new ChatTemplate(opened.vocabulary);
  const encoding = { vocabulary: opened.vocabulary, template };
  const prepare = (examples: readonly Example[]) => toItems(examples, encoding, config, contextLength);
  const train = prepare(split.train);
  if (train.items.length === 0) throw new AppError('DATA_EMPTY', { path: dataPath });
  const heldOut = split.heldOut.length > 0 ? prepare(split.heldOut) : null;

  const lineage: TrainingLineage = {
    config,
    baseSha256: await hashFile(modelPath, signal),
    baseName: name,
    architecture,
    dataSha256: data.sha256,
    heldOutSha256: judged?.sha256 ?? null,
    startAdapterSha256: startAdapterPath === null ? null : await hashFile(startAdapterPath, signal),
    templateSha256: template.templateHash,
    codeVersion: await readCodeVersion(),
  };
  const mix = await prepareMix(request, encoding, contextLength);
  return { lineage, train, heldOut: heldOut && heldOut.items.length > 0 ? heldOut : null, mix };
}

function toItems(
  examples: readonly Example[],
  encoding: TextEncoding,
  config: RunConfig,
  contextLength: number,
): PreparedItems {
  if (isOnline(config)) return preparePrompts(examples, encoding, config, contextLength);
  return { ...prepareItems(examples, encoding, config, contextLength), prompts: [] };
}

/** @throws AppError `RUN_MIX_MISSING` when such text is wanted and none was named, and what is wrong with it: `DATA_*` */
async function prepareMix(
  { config, mixPath }: RunRequest,
  encoding: TextEncoding,
  contextLength: number,
): Promise<PreparedItems | null> {
  if (config.kind !== 'ppo' || config.ptxGamma === 0) return null;
  if (mixPath === null) throw new AppError('RUN_MIX_MISSING', {});
  const { examples } = await readJsonl(mixPath, 'sft');
  const { maxLength, tooLong } = config;
  const sft = sftConfigSchema.parse({ kind: 'sft', maxLength, tooLong });
  const prepared = prepareItems(examples, encoding, sft, contextLength);
  if (prepared.items.length === 0) throw new AppError('DATA_EMPTY', { path: mixPath });
  return { ...prepared, prompts: [] };
}

/** How llama.cpp's libraries are found for this request. */
export function libraryOptions({ gpu, llamaDirectory }: Pick<RunRequest, 'gpu' | 'llamaDirectory'>) {
  return llamaDirectory === null ? { gpu } : { gpu, directory: llamaDirectory };
}

function describeBase({ metadata, path: file }: GgufFile) {
  const text = (key: string) => {
    const value = metadata.get(key)?.value;
    return typeof value === 'string' ? value : null;
  };
  const architecture = text('general.architecture');
  if (architecture === null) {
    throw new AppError('MODEL_METADATA_MISSING', { path: file, key: 'general.architecture' });
  }
  const key = `${architecture}.context_length`;
  const contextLength = metadata.get(key)?.value;
  if (typeof contextLength !== 'number') throw new AppError('MODEL_METADATA_MISSING', { path: file, key });
  return { architecture, name: text('general.name') ?? path.basename(file, '.gguf'), contextLength };
}
