/** LoRA adapters as GGUF files that llama.cpp loads. */
import { AppError } from '../../common/contracts/errors.js';
import { gguf, readGguf, readTensorBytes, writeGguf, type GgufValue } from '../../common/llama/gguf.js';
import { completeShapes } from './complete-shapes.js';
import { isScoreHead, readHead, toHeadMetadata } from './score-head.js';
import type { LoraOptions, ModelInfo, NamedTensor, TrainableModel } from './trainable-model.js';

const fingerprintKey = 'attune.base.fingerprint';

export interface AdapterFile {
  architecture: string;
  alpha: number;
  rank: number;
  /** Null in files that others wrote. */
  baseFingerprint: string | null;
  /** `blk.0.attn_q.weight.lora_a` and so on, and the head where there is one. */
  parameters: NamedTensor[];
}

/**
 * Writes the model's adapter and reward head, or nothing. A value head is of no use without the run that trains it, and would pass for a
 * reward model's.
 *
 * @param lineage  further metadata, such as the run that made it
 * @throws AppError `ADAPTER_MISMATCH` for a model in full training; `GGUF_WRITE_FAILED`
 */
export async function writeAdapterFile(
  path: string,
  model: TrainableModel,
  lineage: Iterable<readonly [string, GgufValue]> = [],
): Promise<void> {
  const { info } = model;
  if (!info.lora)
    throw new AppError('ADAPTER_MISMATCH', { path, reason: 'every weight was trained, write a model' });
  const parameters = model.exportParameters();
  const metadata = new Map<string, GgufValue>([
    ['general.type', gguf.text('adapter')],
    ['general.architecture', gguf.text(info.architecture)],
    ['general.name', gguf.text(`${info.name} adapter`)],
    ['adapter.type', gguf.text('lora')],
    ['adapter.lora.alpha', gguf.f32(info.lora.alpha)],
    [fingerprintKey, gguf.text(info.baseFingerprint)],
    ...(info.head === 'reward' ? toHeadMetadata(parameters) : []),
    ...lineage,
  ]);
  const tensors = parameters
    .filter((tensor) => !isScoreHead(tensor))
    .map(({ name, shape, data }) => ({ name, type: 'F32', shape, data }) as const);
  await writeGguf(path, metadata, tensors);
}

/**
 * @throws AppError `GGUF_MISSING`, `GGUF_INVALID`; `ADAPTER_MISMATCH` when the file is no LoRA adapter
 */
export async function readAdapterFile(path: string): Promise<AdapterFile> {
  const file = await readGguf(path);
  const text = (key: string) => String(file.metadata.get(key)?.value ?? '');
  if (text('adapter.type') !== 'lora') {
    throw new AppError('ADAPTER_MISMATCH', { path, reason: 'it is not a LoRA adapter' });
  }
  const parameters = [...file.tensors.values()].map((info): NamedTensor => {
    if (info.type !== 'F32')
      throw new AppError('ADAPTER_MISMATCH', { path, reason: `${info.name} is ${info.type}` });
    return { name: info.name, shape: info.shape, data: new Float32Array(readTensorBytes(file, info).buffer) };
  });
  const head = readHead(file);
  const up = parameters.find(({ name }) => name.endsWith('.lora_b'));
  return {
    architecture: text('general.architecture'),
    alpha: Number(file.metadata.get('adapter.lora.alpha')?.value ?? 0),
    rank: up?.shape[0] ?? 0,
    baseFingerprint: text(fingerprintKey) || null,
    parameters: head ? [...parameters, head] : parameters,
  };
}

/** With which adapter a model must be opened to take this one. */
export function shapeOfAdapter({
  rank,
  alpha,
  parameters,
}: AdapterFile): Pick<LoraOptions, 'rank' | 'alpha'> & { targets: string[] } {
  const layers = parameters.flatMap(({ name }) => /^blk\.\d+\.(\w+)\.weight\.lora_a$/.exec(name)?.[1] ?? []);
  return { rank, alpha, targets: [...new Set(layers)] };
}

/** True for what a reward run made. */
export const hasScoreHead = ({ parameters }: AdapterFile): boolean => parameters.some(isScoreHead);

/**
 * Puts an adapter into an open model, to go on from it or to judge it.
 *
 * @throws AppError `ADAPTER_MISMATCH` when it was made for another base, or with another rank or alpha than the model was opened with;
 *   `TRAINING_STATE_MISMATCH` when it covers other layers
 */
export async function loadAdapterFile(path: string, model: TrainableModel): Promise<void> {
  const adapter = await readAdapterFile(path);
  const reason = mismatch(adapter, model.info);
  if (reason) throw new AppError('ADAPTER_MISMATCH', { path, reason });
  const own = model.exportParameters();
  const ownHead = own.filter(isScoreHead);
  const taken = hasScoreHead(adapter) ? adapter.parameters : [...adapter.parameters, ...ownHead];
  // A head that the model does not have is of no use to it.
  const used = ownHead.length > 0 ? taken : taken.filter((tensor) => !isScoreHead(tensor));
  model.importParameters(completeShapes(used, own));
}

/** Why an adapter does not belong to a base. @returns null when it does */
export function mismatch(
  adapter: Pick<AdapterFile, 'architecture' | 'baseFingerprint' | 'rank' | 'alpha'>,
  base: Pick<ModelInfo, 'architecture' | 'baseFingerprint' | 'lora'>,
): string | null {
  const { rank, alpha } = base.lora ?? { rank: 0, alpha: 0 };
  if (adapter.architecture !== base.architecture) {
    return `it is for ${adapter.architecture}, the base is ${base.architecture}`;
  }
  if (adapter.baseFingerprint && adapter.baseFingerprint !== base.baseFingerprint) {
    return 'the base has another vocabulary or other shapes';
  }
  if (adapter.rank !== rank || adapter.alpha !== alpha) {
    return `it has rank ${adapter.rank} and alpha ${adapter.alpha}, the model was opened with ${rank} and ${alpha}`;
  }
  return null;
}
