/** Whole models as GGUF: an adapter merged into its base, or the result of full training, in a type of choice. */
import { AppError } from '../../common/contracts/errors.js';
import { ggmlTypes, type GgmlType } from '../../common/llama/ggml.js';
import {
  gguf,
  readGguf,
  readTensorBytes,
  writeGguf,
  type GgufFile,
  type GgufTensorInfo,
  type GgufValue,
} from '../../common/llama/gguf.js';
import { Device } from '../engine/device.js';
import { Graph } from '../engine/graph.js';
import { readFloats, TensorPool, writeTensor } from '../engine/tensor-pool.js';
import { mismatch, readAdapterFile, type AdapterFile } from './adapter-file.js';
import { fingerprintOf } from './base-fingerprint.js';
import type { NamedTensor } from './trainable-model.js';
import { packRows, readWeights } from './weights.js';

export interface ModelFileOptions {
  /** Of matrices; `file` keeps each as it was. Vectors stay F32. */
  type:
    'file' | 'F32' | 'F16' | 'BF16' | 'Q8_0' | 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1' | 'Q4_K' | 'Q5_K' | 'Q6_K';
  /** Added to the base's metadata, or instead of it. */
  metadata?: Iterable<readonly [string, GgufValue]>;
}

/** `general.file_type` of files that are mostly of one type. */
const fileTypes: Partial<Record<GgmlType, number>> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q8_0: 7,
  Q5_0: 8,
  Q5_1: 9,
  Q4_K: 15,
  Q5_K: 17,
  Q6_K: 18,
  BF16: 32,
};

/**
 * Writes base + (alpha / R) B A as one model.
 *
 * @throws AppError `GGUF_MISSING`, `GGUF_INVALID`, `ADAPTER_MISMATCH`, `GGUF_WRITE_FAILED`
 */
export async function mergeAdapterFile(
  base: string,
  adapter: string,
  target: string,
  options: ModelFileOptions,
): Promise<void> {
  const [file, read] = [await readGguf(base), await readAdapterFile(adapter)];
  const lora = { rank: read.rank, alpha: read.alpha };
  const architecture = String(file.metadata.get('general.architecture')?.value ?? '');
  const reason = mismatch(read, { architecture, baseFingerprint: fingerprintOf(file), lora });
  if (reason) throw new AppError('ADAPTER_MISMATCH', { path: adapter, reason });
  using device = await Device.open({ gpu: 'off' });
  const changed = (info: GgufTensorInfo) => mergeOne(device, file, info, read);
  await writeModel(device, file, target, { ...options, changed });
}

/**
 * Writes a model with trained weights in the place of the base's.
 *
 * @param parameters  of full training; a head is left out, since llama.cpp has no place for it
 */
export async function writeModelFile(
  base: string,
  parameters: readonly NamedTensor[],
  target: string,
  options: ModelFileOptions,
): Promise<void> {
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter.data]));
  using device = await Device.open({ gpu: 'off' });
  const changed = ({ name }: GgufTensorInfo) => Promise.resolve(byName.get(name) ?? null);
  await writeModel(device, await readGguf(base), target, { ...options, changed });
}

type Changed = (info: GgufTensorInfo) => Promise<Float32Array | null>;

async function writeModel(
  device: Device,
  file: GgufFile,
  target: string,
  { type, metadata = [], changed }: ModelFileOptions & { changed: Changed },
): Promise<void> {
  const fileType = type === 'file' ? undefined : fileTypes[type];
  const pairs = new Map([
    ...file.metadata,
    ...(fileType === undefined ? [] : [['general.file_type', gguf.u32(fileType)] as const]),
    ...metadata,
  ]);
  const tensors = [...file.tensors.values()].map((info) => {
    const chosen = chooseType(device, info, type);
    return {
      name: info.name,
      type: chosen,
      shape: info.shape,
      data: async () => {
        const values = await changed(info);
        if (!values && chosen === info.type) return readTensorBytes(file, info);
        const rowLength = info.shape[0] ?? 1;
        return packRows(device, chosen, {
          values: values ?? readWeights(device, file, info.name),
          rowLength,
        });
      },
    };
  });
  await writeGguf(target, pairs, tensors);
}

function chooseType(device: Device, info: GgufTensorInfo, wanted: ModelFileOptions['type']): GgmlType {
  if (info.shape.length < 2) return info.type;
  if (wanted === 'file') {
    // Types that need statistics of the activations cannot be made anew here.
    return device.ggml.core.quantize_requires_imatrix(ggmlTypes[info.type]) ? 'Q6_K' : info.type;
  }
  const block = device.ggml.core.blck_size(ggmlTypes[wanted]);
  return (info.shape[0] ?? 1) % block === 0 ? wanted : 'F16';
}

/** W + (alpha / R) B A. @returns null for a tensor that the adapter does not cover */
async function mergeOne(
  device: Device,
  file: GgufFile,
  info: GgufTensorInfo,
  adapter: AdapterFile,
): Promise<Float32Array | null> {
  const find = (side: string) => adapter.parameters.find(({ name }) => name === `${info.name}.lora_${side}`);
  const [down, up] = [find('a'), find('b')];
  if (!down || !up) return null;
  using pool = new TensorPool(device, 3, 'The merge');
  const weight = pool.declare('F32', info.shape);
  const [a, b] = [pool.declare('F32', down.shape), pool.declare('F32', up.shape)];
  pool.place();
  using graph = new Graph(device, 16);
  const { ops } = graph;
  const product = ops.mul_mat(ops.cont(ops.transpose(a)), b);
  const merged = graph.output(ops.add(weight, ops.scale(product, adapter.alpha / adapter.rank)));
  graph.endPhase();
  graph.place('The merge');
  writeTensor(device, weight, readWeights(device, file, info.name));
  writeTensor(device, a, down.data);
  writeTensor(device, b, up.data);
  await graph.compute(0);
  return readFloats(device, merged);
}
