/**
 * A trained adapter as llama.cpp reads it: a GGUF that names its base's architecture and holds two small matrices a layer. A reward head
 * has no place there and lies in a file of its own.
 */
import { AppError } from '../../common/contracts/errors.js';
import {
  gguf,
  readGguf,
  readTensorBytes,
  writeGguf,
  type GgufFile,
  type GgufTensorInfo,
} from '../../common/llama/gguf.js';
import type { NamedTensor } from '../nn/trainable-model.js';

export interface AdapterDescription {
  name: string;
  /** `general.architecture` of the base. */
  architecture: string;
  alpha: number;
  /** Of the base's file, hex: the adapter fits no other. */
  baseSha256: string;
}

const BASE_KEY = 'attune.base_sha256';
export const isAdapterTensor = ({ name }: { name: string }) => /\.lora_[ab]$/.test(name);

/** @throws AppError `GGUF_WRITE_FAILED` */
export async function writeAdapter(
  file: string,
  { name, architecture, alpha, baseSha256 }: AdapterDescription,
  parameters: readonly NamedTensor[],
): Promise<void> {
  const metadata = new Map([
    ['general.architecture', gguf.text(architecture)],
    ['general.type', gguf.text('adapter')],
    ['general.name', gguf.text(name)],
    ['adapter.type', gguf.text('lora')],
    ['adapter.lora.alpha', gguf.f32(alpha)],
    [BASE_KEY, gguf.text(baseSha256)],
  ]);
  await writeGguf(file, metadata, parameters.filter(isAdapterTensor).map(toSource));
}

/** The head's weights alone. @throws AppError `GGUF_WRITE_FAILED` */
export async function writeHead(
  file: string,
  { name, baseSha256 }: Pick<AdapterDescription, 'name' | 'baseSha256'>,
  parameters: readonly NamedTensor[],
): Promise<void> {
  const metadata = new Map([
    ['general.type', gguf.text('head')],
    ['general.name', gguf.text(name)],
    [BASE_KEY, gguf.text(baseSha256)],
  ]);
  await writeGguf(file, metadata, parameters.filter((tensor) => !isAdapterTensor(tensor)).map(toSource));
}

/**
 * Reads an adapter's or a head's parameters back.
 *
 * @param baseSha256  of the model that they are to be used with
 * @throws AppError `GGUF_MISSING`, `GGUF_INVALID`; `RUN_CHECKPOINT_MISMATCH` when they were trained on another base
 */
export async function readTrained(
  file: string,
  baseSha256: string,
): Promise<{ parameters: NamedTensor[]; alpha: number | null; rank: number | null; targets: string[] }> {
  const source = await readGguf(file);
  const trainedOn = source.metadata.get(BASE_KEY)?.value;
  // An adapter of another maker says nothing of its base; its shapes are checked when it is taken in.
  if (trainedOn !== undefined && trainedOn !== baseSha256) {
    const details = { path: file, what: 'base', came: String(trainedOn), expected: baseSha256 };
    throw new AppError('RUN_CHECKPOINT_MISMATCH', details);
  }
  const tensors = [...source.tensors.values()];
  const alpha = source.metadata.get('adapter.lora.alpha')?.value;
  const down = tensors.find(({ name }) => name.endsWith('.lora_a'));
  const targets = tensors.filter(isAdapterTensor).map(({ name }) => name.split('.').at(-3) ?? name);
  return {
    parameters: tensors.map((info) => readFloats(source, info)),
    alpha: typeof alpha === 'number' ? alpha : null,
    rank: down?.shape[1] ?? null,
    targets: [...new Set(targets)],
  };
}

function readFloats(file: GgufFile, info: GgufTensorInfo): NamedTensor {
  if (info.type !== 'F32') {
    const reason = `tensor ${info.name} is ${info.type}; only F32 adapters can be trained on`;
    throw new AppError('GGUF_INVALID', { path: file.path, reason });
  }
  const bytes = readTensorBytes(file, info);
  const data = new Float32Array(
    bytes.buffer,
    bytes.byteOffset,
    bytes.byteLength / Float32Array.BYTES_PER_ELEMENT,
  );
  return { name: info.name, shape: info.shape, data };
}

const toSource = ({ name, shape, data }: NamedTensor) => ({ name, type: 'F32' as const, shape, data });
