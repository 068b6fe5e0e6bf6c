/** A batch loop on the tiny model, and answers of it, for tests of serving. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TokenLogProb } from '../../common/contracts/generation.js';
import { samplingSchema, type Sampling } from '../../common/contracts/sampling.js';
import { seededRandom } from '../../common/random/seeded-random.js';
import { LlamaModel, type LoraAdapter } from '../../common/llama/model.js';
import type { AnswerOutcome, AnswerRequest } from '../../worker/inference/loop/answer.js';
import { BatchLoop, type BatchLoopOptions } from '../../worker/inference/loop/batch-loop.js';
import { writeTinyModel, type TinyModelOptions } from './tiny-model.js';
import { testLibraries } from './test-device.js';

export interface OpenTinyModel {
  model: LlamaModel;
  folder: string;
  close: () => Promise<void>;
}

export async function openTinyModel(options: TinyModelOptions = {}): Promise<OpenTinyModel> {
  const folder = await mkdtemp(path.join(tmpdir(), 'attune-serving-'));
  const file = path.join(folder, 'tiny.gguf');
  await writeTinyModel(file, { contextLength: 512, ...options });
  const model = await LlamaModel.open(file, testLibraries);
  const close = async () => {
    model[Symbol.dispose]();
    await rm(folder, { recursive: true, force: true });
  };
  return { model, folder, close };
}

/** Runs `use` on a loop of its own. */
export async function withLoop<T>(
  model: LlamaModel,
  options: Partial<BatchLoopOptions>,
  use: (loop: BatchLoop) => Promise<T>,
): Promise<T> {
  const loop = new BatchLoop(model, { slots: 4, contextTokens: 512, threads: 1, ...options });
  try {
    return await use(loop);
  } finally {
    await loop[Symbol.asyncDispose]();
  }
}

export interface AskOptions extends Partial<Omit<AnswerRequest, 'sampling' | 'prompt'>> {
  sampling?: Partial<Sampling>;
  adapter?: LoraAdapter | null;
}
export interface Answer extends AnswerOutcome {
  text: string;
  deltas: string[];
  logProbs: TokenLogProb[];
}

/** Asks for one answer; 16 tokens with seed 1 unless told otherwise. */
export async function ask(
  loop: BatchLoop,
  prompt: string | ArrayLike<number>,
  options: AskOptions = {},
): Promise<Answer> {
  const deltas: string[] = [];
  const logProbs: TokenLogProb[] = [];
  const { sampling, onDelta, ...rest } = options;
  const outcome = await loop.generate({
    prompt: typeof prompt === 'string' ? loop.model.vocabulary.tokenize(prompt) : prompt,
    adapter: null,
    seed: 1,
    topLogProbs: null,
    grammar: null,
    ...rest,
    sampling: samplingSchema.parse({ maxTokens: 16, ...sampling }),
    onDelta: (delta) => {
      deltas.push(delta.text);
      logProbs.push(...delta.logProbs);
      onDelta?.(delta);
    },
  });
  return { ...outcome, text: deltas.join(''), deltas, logProbs };
}

/** Bytes without meaning, other ones for each seed. */
export function randomIds(seed: number, count: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => Math.floor(random() * 256));
}

/** Text of the given number of tokens, at least, for prompts that fill a context. */
export const longText = (words: number): string =>
  Array.from({ length: words }, (_, i) => `word${i % 97}`).join(' ');
