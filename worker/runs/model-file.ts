/**
 * A whole model as GGUF: the base with its adapter added in, or with weights that were all trained. Everything that was not trained, the
 * vocabulary and the chat template among it, is taken from the base's file.
 */
import { ggmlTypes, openGgml, type Ggml } from '../../common/llama/ggml.js';
import {
  gguf,
  readGguf,
  readTensorBytes,
  writeGguf,
  type GgufFile,
  type GgufTensorInfo,
} from '../../common/llama/gguf.js';
import type { NamedTensor } from '../nn/trainable-model.js';

export const modelFileTypes = ['F32', 'F16', 'BF16', 'Q8_0'] as const;
export type ModelFileType = (typeof modelFileTypes)[number];

/** `general.file_type`, as llama.cpp counts them. */
const fileTypeNumbers = { F32: 0, F16: 1, Q8_0: 7, BF16: 32 } as const satisfies Record<
  ModelFileType,
  number
>;

export interface ModelFileOptions {
  name: string;
  /** Type of the matrices; vectors stay F32. */
  type: ModelFileType;
  /** alpha / rank of the adapter. */
  adapterScale: number;
}

/**
 * @param base        GGUF that was trained on
 * @param parameters  an adapter (`.lora_a`, `.lora_b`), or weights by their GGUF names; others are ignored
 * @throws AppError `GGUF_MISSING`, `GGUF_INVALID`, `GGUF_WRITE_FAILED`
 */
export async function writeModelFile(
  file: string,
  base: string,
  parameters: readonly NamedTensor[],
  options: ModelFileOptions,
): Promise<void> {
  const ggml = await openGgml();
  const source = await readGguf(base);
  const trained = new Map(parameters.map((parameter) => [parameter.name, parameter.data]));
  const metadata = new Map(source.metadata);
  metadata.set('general.name', gguf.text(options.name));
  metadata.set('general.file_type', gguf.u32(fileTypeNumbers[options.type]));
  const tensors = [...source.tensors.values()].map((info) => {
    const type = info.shape.length > 1 ? options.type : info.type;
    return {
      name: info.name,
      type,
      shape: info.shape,
      data: () => {
        const changed = isChanged(info, trained);
        if (!changed && type === info.type) return readTensorBytes(source, info);
        return toType(
          ggml,
          type,
          changedWeights({ ggml, source, trained }, info, options.adapterScale),
          info,
        );
      },
    };
  });
  await writeGguf(file, metadata, tensors);
}

const isChanged = ({ name }: GgufTensorInfo, trained: ReadonlyMap<string, Float32Array>) =>
  trained.has(name) || trained.has(`${name}.lora_b`);

interface Sources {
  ggml: Ggml;
  source: GgufFile;
  trained: ReadonlyMap<string, Float32Array>;
}

/** W, or what it was trained to, or W + scale B A. */
function changedWeights(
  { ggml, source, trained }: Sources,
  info: GgufTensorInfo,
  scale: number,
): Float32Array {
  const whole = trained.get(info.name);
  if (whole) return whole;
  const count = info.shape.reduce((product, length) => product * length, 1);
  const weights = ggml.dequantize(info.type, readTensorBytes(source, info), count);
  const down = trained.get(`${info.name}.lora_a`);
  const up = trained.get(`${info.name}.lora_b`);
  if (down && up) addLowRank(weights, { down, up, input: info.shape[0] ?? 1, scale });
  return weights;
}

/** W [out, in] += scale B [out, R] A [R, in]. */
function addLowRank(
  weights: Float32Array,
  { down, up, input, scale }: { down: Float32Array; up: Float32Array; input: number; scale: number },
): void {
  const rank = down.length / input;
  for (let row = 0; row * input < weights.length; row++) {
    for (let inner = 0; inner < rank; inner++) {
      const factor = scale * (up[row * rank + inner] ?? 0);
      if (factor === 0) continue;
      for (let column = 0; column < input; column++) {
        const index = row * input + column;
        weights[index] = (weights[index] ?? 0) + factor * (down[inner * input + column] ?? 0);
      }
    }
  }
}

function toType(
  ggml: Ggml,
  type: GgufTensorInfo['type'],
  values: Float32Array,
  { shape: [rowLength = 1] }: GgufTensorInfo,
): ArrayBufferView {
  if (type === 'F32') return values;
  const rows = values.length / rowLength;
  const packed = new Uint8Array(ggml.core.row_size(ggmlTypes[type], rowLength) * rows);
  ggml.core.quantize_chunk(ggmlTypes[type], values, packed, 0, rows, rowLength, null);
  return packed;
}
