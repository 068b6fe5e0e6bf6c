/**
 * The head that gives scores: one tensor beside the network's own. llama.cpp has no tensor for it and refuses unknown ones in an adapter, so
 * that it travels in a file's metadata.
 */
import { gguf, type GgufFile, type GgufValue } from '../../common/llama/gguf.js';
import type { NamedTensor } from './trainable-model.js';

/** Of the head among a model's parameters. */
export const scoreName = 'score.weight';
const metadataKey = 'attune.head.score';

export const isScoreHead = ({ name }: Pick<NamedTensor, 'name'>): boolean => name === scoreName;

/** The head among some parameters, as a file keeps it; nothing without one. */
export function toHeadMetadata(parameters: readonly NamedTensor[]): [string, GgufValue][] {
  const head = parameters.find(isScoreHead);
  return head ? [[metadataKey, gguf.f32s([...head.data])]] : [];
}

/** The head that a file keeps, [D, 1], or null. */
export function readHead({ metadata }: Pick<GgufFile, 'metadata'>): NamedTensor | null {
  const head = metadata.get(metadataKey);
  if (head?.type !== 'array' || head.of === 'string') return null;
  return { name: scoreName, shape: [head.value.length, 1], data: Float32Array.from(head.value) };
}
