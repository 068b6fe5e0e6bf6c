/**
 * Tensors that stay: weights, parameters, optimiser state, inputs. Declared first, then placed on the device at once, in one buffer.
 */
import { AppError } from '../../common/contracts/errors.js';
import { ggmlTypes, type GgmlType } from '../../common/llama/ggml.js';
import type { Pointer } from '../../common/llama/native.js';
import type { Device } from './device.js';

/** A ggml tensor, owned by the pool or graph that made it. */
export type Tensor = Pointer;

export class TensorPool implements Disposable {
  readonly #context: Pointer;
  #buffer: Pointer | null = null;

  /**
   * @param capacity  most tensors that will be declared
   * @param purpose   what an out-of-memory message names
   */
  constructor(
    readonly device: Device,
    capacity: number,
    readonly purpose: string,
  ) {
    this.#context = device.ggml.createContext((capacity + 1) * device.ggml.core.tensor_overhead());
  }

  /** @param shape innermost dimension first, at most four */
  declare(type: GgmlType, shape: readonly number[]): Tensor {
    const [a = 1, b = 1, c = 1, d = 1] = shape;
    return this.device.ggml.core.new_tensor_4d(this.#context, ggmlTypes[type], a, b, c, d);
  }

  /** Bytes that `place` will take. */
  get sizeBytes(): number {
    const { backend } = this.device.ggml;
    return this.#buffer
      ? backend.buffer_get_size(this.#buffer)
      : backend.alloc_ctx_tensors_from_buft_size(this.#context, this.device.bufferType);
  }

  /** @throws AppError `ENGINE_OUT_OF_MEMORY` */
  place(): this {
    const needed = this.sizeBytes;
    if (needed === 0) return this;
    this.#buffer = this.device.ggml.backend.alloc_ctx_tensors_from_buft(
      this.#context,
      this.device.bufferType,
    );
    if (!this.#buffer) throw outOfMemory(this.device, this.purpose, needed);
    return this;
  }

  /** Zeroes everything in the pool. */
  clear(): void {
    if (this.#buffer) this.device.ggml.backend.buffer_clear(this.#buffer, 0);
  }

  [Symbol.dispose](): void {
    if (this.#buffer) this.device.ggml.backend.buffer_free(this.#buffer);
    this.device.ggml.core.free(this.#context);
  }
}

export function outOfMemory(device: Device, what: string, neededBytes: number): AppError {
  const neededMb = Math.ceil(neededBytes / 2 ** 20);
  return new AppError('ENGINE_OUT_OF_MEMORY', { what, neededMb, device: device.name });
}

/** Copies values into a placed tensor. @param data exactly the tensor's bytes */
export function writeTensor({ ggml }: Device, tensor: Tensor, data: ArrayBufferView): void {
  const expected = ggml.core.nbytes(tensor);
  // ggml would abort, or read past the end.
  if (data.byteLength !== expected)
    throw new RangeError(`wrote ${data.byteLength} bytes to a tensor of ${expected}`);
  if (expected > 0) ggml.backend.tensor_set(tensor, data, 0, expected);
}

/** Copies an F32 tensor out. @returns all of its elements, innermost dimension first */
export function readFloats({ ggml }: Device, tensor: Tensor): Float32Array {
  const sizeBytes = ggml.core.nbytes(tensor);
  const values = new Float32Array(sizeBytes / Float32Array.BYTES_PER_ELEMENT);
  if (sizeBytes > 0) ggml.backend.tensor_get(tensor, values, 0, sizeBytes);
  return values;
}

/** Copies an I32 tensor out. */
export function readIntegers({ ggml }: Device, tensor: Tensor): Int32Array {
  const values = new Int32Array(ggml.core.nbytes(tensor) / Int32Array.BYTES_PER_ELEMENT);
  if (values.length > 0) ggml.backend.tensor_get(tensor, values, 0, values.byteLength);
  return values;
}
