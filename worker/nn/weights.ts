/**
 * A model's weights on the device: frozen ones in the type that computes fastest there, trained ones as parameters of the optimiser.
 *
 * Owns the frozen tensors. Whatever type the file holds, ggml dequantises it once, at load.
 */
import { AppError } from '../../common/contracts/errors.js';
import { ggmlTypes, type GgmlType } from '../../common/llama/ggml.js';
import { readTensorBytes, type GgufFile } from '../../common/llama/gguf.js';
import type { Device } from '../engine/device.js';
import type { FrozenMatrix } from '../engine/ops/linear.js';
import type { Parameter } from '../engine/tape.js';
import { TensorPool, writeTensor, type Tensor } from '../engine/tensor-pool.js';
import { embeddingName, outputName, type TensorLayout } from './layout.js';

export interface WeightOptions {
  /**
   * How frozen matrices are kept. `auto`: floating types stay as they are in the file, quantised ones become what the device multiplies
   * fastest. `file`: as in the file, so that products round activations as llama.cpp does when it serves the model, and all sums are taken in
   * its order: slower, and the same log-probs where `auto` is nearer to the exact ones.
   */
  computeType: 'auto' | 'file' | 'F32' | 'F16' | 'BF16' | 'Q8_0';
  /** Keep a transposed copy of each frozen matrix: faster backward passes for twice the memory. */
  transposedCopies: boolean;
}

interface FrozenTensor {
  layout: TensorLayout;
  tensor: Tensor;
  transposed: Tensor | null;
}

export class Weights implements Disposable {
  readonly #pool: TensorPool;
  readonly #frozen = new Map<string, FrozenTensor>();
  readonly #trained = new Map<string, Parameter>();

  /** Whether products of what is trained, and of the backward pass, shall be taken in less than F32 as well. */
  readonly isReduced: boolean;
  /** Whether everything else shall be computed in llama.cpp's order as well, to the last bit. */
  readonly isAsServed: boolean;

  /**
   * Declares the tensors; nothing is allocated or read yet.
   *
   * @param trained  parameters by name; whatever is not among them is frozen
   */
  constructor(
    readonly device: Device,
    readonly file: GgufFile,
    layouts: readonly TensorLayout[],
    { trained, options }: { trained: readonly Parameter[]; options: WeightOptions },
  ) {
    for (const parameter of trained) this.#trained.set(parameter.name, parameter);
    this.isAsServed = options.computeType === 'file';
    const inner = layouts.find(({ role }) => role === 'linear');
    const type = inner ? this.#chooseType(inner, options.computeType) : 'F32';
    this.isReduced = device.isCpu && type !== 'F32' && type !== 'F16';
    this.#pool = new TensorPool(device, 2 * layouts.length, 'The frozen weights');
    const isTied = !layouts.some(({ name }) => name === outputName);
    for (const layout of layouts) {
      if (this.#trained.has(layout.name)) continue;
      const multiplies = layout.role === 'linear' || (isTied && layout.name === embeddingName);
      const type = layout.shape.length === 1 ? 'F32' : this.#chooseType(layout, options.computeType);
      const [input = 1, output = 1] = layout.shape;
      // Multiplied by derivatives, which F16, to which ggml would round them beside F16 weights, has no room for: they are too small. And
      // blocks run along the inner dimension, which is the other one when transposed.
      const transposedType = type === 'F32' ? 'F32' : 'BF16';
      const needsCopy = multiplies && (options.transposedCopies || isQuantised(type));
      this.#frozen.set(layout.name, {
        layout,
        tensor: this.#pool.declare(type, layout.shape),
        transposed: needsCopy ? this.#pool.declare(transposedType, [output, input]) : null,
      });
    }
  }

  get sizeBytes(): number {
    return this.#pool.sizeBytes;
  }

  has(name: string): boolean {
    return this.#frozen.has(name) || this.#trained.has(name);
  }

  /** A matrix for `linear` and the head. */
  matrix(name: string): FrozenMatrix | Parameter {
    return this.#trained.get(name) ?? this.#frozen.get(name) ?? missing(name);
  }

  /** A parameter, or the tensor of something frozen. */
  tensor(name: string): Tensor | Parameter {
    return this.#trained.get(name) ?? this.#frozen.get(name)?.tensor ?? missing(name);
  }

  /** Gives the frozen tensors their memory. @throws AppError `ENGINE_OUT_OF_MEMORY` */
  place(): void {
    this.#pool.place();
  }

  /**
   * Reads everything from the file, once it has been placed.
   *
   * @throws AppError `MODEL_WEIGHTS_NOT_FINITE`, `GGUF_INVALID`
   */
  read(): void {
    for (const frozen of this.#frozen.values()) {
      const values = readWeights(this.device, this.file, frozen.layout.name);
      const info = this.file.tensors.get(frozen.layout.name)!;
      if (info.type === this.device.ggml.typeOf(frozen.tensor)) {
        writeTensor(this.device, frozen.tensor, readTensorBytes(this.file, info));
      } else {
        this.#write(frozen.tensor, values, frozen.layout.shape[0] ?? 1);
      }
      if (frozen.transposed) {
        const [input = 1, output = 1] = frozen.layout.shape;
        this.#write(frozen.transposed, transpose(values, input, output), output);
      }
    }
    for (const { name, tensor } of this.#trained.values()) {
      if (this.file.tensors.has(name))
        writeTensor(this.device, tensor, readWeights(this.device, this.file, name));
    }
  }

  #chooseType({ name, shape }: TensorLayout, wanted: WeightOptions['computeType']): GgmlType {
    const stored = this.file.tensors.get(name)?.type ?? 'F32';
    if (wanted === 'file') return stored;
    if (wanted === 'auto') return isQuantised(stored) ? 'BF16' : stored;
    return isQuantised(wanted) && (shape[0] ?? 1) % blockLength !== 0 ? 'BF16' : wanted;
  }

  #write(tensor: Tensor, values: Float32Array, rowLength: number): void {
    const type = this.device.ggml.typeOf(tensor);
    writeTensor(this.device, tensor, packRows(this.device, type, { values, rowLength }));
  }

  [Symbol.dispose](): void {
    this.#pool[Symbol.dispose]();
  }
}

/** Bytes of a whole file's weights as `auto` keeps them, without transposed copies: what a model takes that is never trained. */
export function countFrozenBytes({ tensors }: Pick<GgufFile, 'tensors'>): number {
  return [...tensors.values()].reduce((sum, { type, shape, sizeBytes }) => {
    const count = shape.reduce((product, length) => product * length, 1);
    const kept = isQuantised(type) ? 2 * count : sizeBytes;
    return sum + (shape.length === 1 ? 4 * count : kept);
  }, 0);
}

/** One tensor of a file as F32. @throws AppError `MODEL_WEIGHTS_NOT_FINITE` */
export function readWeights({ ggml }: Device, file: GgufFile, name: string): Float32Array {
  const info = file.tensors.get(name) ?? missing(name);
  const count = info.shape.reduce((product, length) => product * length, 1);
  const values = ggml.dequantize(info.type, readTensorBytes(file, info), count);
  // x * 0 is NaN for NaN and for infinity.
  let sum = 0;
  for (const value of values) sum += value * 0;
  if (sum !== 0) throw new AppError('MODEL_WEIGHTS_NOT_FINITE', { tensor: name, path: file.path });
  return values;
}

/** Rows of F32 in another type. */
export function packRows(
  { ggml }: Device,
  type: GgmlType,
  { values, rowLength }: { values: Float32Array; rowLength: number },
): ArrayBufferView {
  if (type === 'F32') return values;
  const rows = values.length / rowLength;
  const packed = new Uint8Array(ggml.core.row_size(ggmlTypes[type], rowLength) * rows);
  ggml.core.quantize_chunk(ggmlTypes[type], values, packed, 0, rows, rowLength, null);
  return packed;
}

const tile = 32;

/** [input, output] to [output, input], tile by tile, so that both sides stay in the cache. */
function transpose(values: Float32Array, input: number, output: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let outer = 0; outer < output; outer += tile) {
    for (let inner = 0; inner < input; inner += tile) {
      const [lastOuter, lastInner] = [Math.min(output, outer + tile), Math.min(input, inner + tile)];
      for (let o = outer; o < lastOuter; o++) {
        for (let i = inner; i < lastInner; i++) result[i * output + o] = values[o * input + i]!;
      }
    }
  }
  return result;
}

const blockLength = 32;

function isQuantised(type: GgmlType): boolean {
  return type !== 'F32' && type !== 'F16' && type !== 'BF16';
}

function missing(name: string): never {
  throw new RangeError(`the network has no tensor ${name}`);
}
