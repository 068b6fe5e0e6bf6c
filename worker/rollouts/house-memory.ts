/**
 * What a run that answers itself holds beside the model in training: the sampler's own copy of the base with its cache, which a judge uses as
 * well, and a copy of the base for every reward model. From the header of the base's file, before anything is opened.
 */
import { cacheBytesPerToken } from '../../common/llama/cache-size.js';
import type { GgufFile } from '../../common/llama/gguf.js';
import type { OnlineConfig } from '../../common/contracts/runs.js';
import type { BatchShape } from '../nn/trainable-model.js';
import { countFrozenBytes } from '../nn/weights.js';
import { mostSlots } from './policy-sampler.js';

type GgufHeader = Pick<GgufFile, 'metadata' | 'tensors'>;

export interface HouseMemory {
  /** Weights, cache and scratch of the sampler, bytes. */
  sampler: number;
  /** Weights of all reward models, the held-out one among them, bytes. */
  rewardWeights: number;
  rewardModels: number;
  /** What one of them computes at once: a prompt with all of its answers. */
  scored: BatchShape;
}

/** Tokens of one decode, as the batch loop takes them. */
const batchTokens = 512;
/** What a judge is told beside its instructions and what it judges. */
const judgeTokens = 64;
/** Bytes of a judge's instructions that make a token, about. */
const bytesPerToken = 3;

export interface Asked {
  /** Of the largest step, or to the held-out prompts where those are more. */
  answers: number;
  /** Of the longest prompt. */
  promptTokens: number;
}

/** @param largest  batch that is learnt from, its rows as long as a prompt with all of its answers */
export function planHouse(
  file: GgufHeader,
  { rewards, heldOutRewardVersionId, groupSize, maxNewTokens }: OnlineConfig,
  { answers, promptTokens, largest }: Asked & { largest: BatchShape },
): HouseMemory {
  const sequence = promptTokens + maxNewTokens + 1;
  const judged = rewards.flatMap((reward) =>
    reward.type === 'judge'
      ? [sequence + judgeTokens + Buffer.byteLength(reward.prompt) / bytesPerToken]
      : [],
  );
  const slots = Math.min(answers, mostSlots);
  const rewardModels =
    rewards.filter(({ type }) => type === 'model').length + (heldOutRewardVersionId === null ? 0 : 1);
  return {
    sampler: planSampler(file, { slots, contextTokens: Math.ceil(Math.max(sequence, ...judged)) }),
    rewardWeights: rewardModels * countFrozenBytes(file),
    rewardModels,
    scored: { rowCount: 1, rowLength: largest.rowLength, targetCount: 0, scoredCount: groupSize },
  };
}

/** Weights as they lie in the file, the cache of all slots, and llama.cpp's scratch: logits of every slot, and what flows through a layer. */
export function planSampler(
  { metadata, tensors }: GgufHeader,
  { slots, contextTokens }: { slots: number; contextTokens: number },
): number {
  const architecture = String(metadata.get('general.architecture')?.value);
  const read = (key: string) => Number(metadata.get(`${architecture}.${key}`)?.value ?? Number.NaN);
  const weights = [...tensors.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const cells = slots * contextTokens;
  const vocabulary = tensors.get('token_embd.weight')?.shape[1] ?? 0;
  const [width, inner] = [read('embedding_length'), read('feed_forward_length')].map((size) => size || 0);
  const scratch = 4 * (slots * vocabulary + batchTokens * (4 * (width ?? 0) + 2 * (inner ?? 0) + cells));
  return weights + cells * cacheBytesPerToken(read) + scratch;
}
