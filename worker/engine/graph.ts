/**
 * A graph of operations, built once, placed once, computed often.
 *
 * It may have several phases that share one placement: what an earlier phase leaves for a later one stays where it is, so that
 * TypeScript can look at the forward pass and decide what the backward pass begins with. Each phase is computed in slices, between which
 * a cancellation is noticed.
 */
import { AppError } from '../../common/contracts/errors.js';
import type { BoundOperations } from '../../common/llama/ggml.js';
import type { Pointer } from '../../common/llama/native.js';
import type { Device } from './device.js';
import { outOfMemory, type Tensor } from './tensor-pool.js';

const defaultMaxNodes = 32_768;
const nodesPerSlice = 512;

export class Graph implements Disposable {
  /** ggml's functions with this graph's context filled in; what they return is part of the graph once something expands it. */
  readonly ops: BoundOperations;
  readonly #context: Pointer;
  readonly #whole: Pointer;
  readonly #allocator: Pointer;
  readonly #phaseEnds: number[] = [];
  #slices: Pointer[][] = [];

  constructor(
    readonly device: Device,
    maxNodes = defaultMaxNodes,
  ) {
    const { core } = device.ggml;
    // Slices and hash tables need about as much again as the whole graph.
    const graphBytes = 3 * core.graph_overhead_custom(maxNodes, false);
    this.#context = device.ggml.createContext(2 * maxNodes * core.tensor_overhead() + graphBytes);
    this.#whole = core.new_graph_custom(this.#context, maxNodes, false);
    this.#allocator = core.gallocr_new(device.bufferType);
    this.ops = bindOperations(device, this.#context);
  }

  shapeOf(tensor: Tensor): [number, number, number, number] {
    return this.device.ggml.shapeOf(tensor);
  }

  /** Adds a tensor and all that it needs to the current phase, in the order in which they will be computed. */
  expand(tensor: Tensor): void {
    this.device.ggml.core.build_forward_expand(this.#whole, tensor);
  }

  /** Expands a tensor and keeps its memory until the graph is disposed of. */
  output(tensor: Tensor): Tensor {
    this.device.ggml.core.set_output(tensor);
    this.expand(tensor);
    return tensor;
  }

  /** Closes the current phase. @returns its number, for `compute` */
  endPhase(): number {
    return this.#phaseEnds.push(this.nodeCount) - 1;
  }

  get nodeCount(): number {
    return this.device.ggml.core.graph_n_nodes(this.#whole);
  }

  /** Bytes that `place` will take for everything between inputs and outputs. */
  measure(): number {
    const { core } = this.device.ggml;
    const sizes = new BigUint64Array(1);
    // An allocator that has measured believes that it has reserved, and would place tensors in a buffer that is not there.
    const measuring = core.gallocr_new(this.device.bufferType);
    core.gallocr_reserve_n_size(measuring, this.#whole, null, null, sizes);
    core.gallocr_free(measuring);
    return Number(sizes[0]);
  }

  /** @throws AppError `ENGINE_OUT_OF_MEMORY` */
  place(purpose: string): void {
    const { core } = this.device.ggml;
    if (!core.gallocr_alloc_graph(this.#allocator, this.#whole)) {
      throw outOfMemory(this.device, purpose, this.measure());
    }
    let begin = 0;
    for (const end of this.#phaseEnds) {
      this.#slices.push(this.#cut(begin, end));
      begin = end;
    }
  }

  get sizeBytes(): number {
    return this.device.ggml.core.gallocr_get_buffer_size(this.#allocator, 0);
  }

  /**
   * Runs one phase away from the event loop.
   *
   * @throws AppError `TRAINING_CANCELLED` when the signal fires; `ENGINE_COMPUTE_FAILED` when ggml says so
   */
  async compute(phase: number, signal?: AbortSignal): Promise<void> {
    const { backend } = this.device.ggml;
    for (const slice of this.#slices[phase] ?? []) {
      if (signal?.aborted) throw new AppError('TRAINING_CANCELLED', {}, signal.reason);
      const status = await backend.graph_compute.onThread(this.device.backend, slice);
      if (status !== 0) throw new AppError('ENGINE_COMPUTE_FAILED', { device: this.device.name, status });
    }
  }

  #cut(begin: number, end: number): Pointer[] {
    const { core } = this.device.ggml;
    const slices: Pointer[] = [];
    for (let from = begin; from < end; from += nodesPerSlice) {
      const to = Math.min(end, from + nodesPerSlice);
      const slice = core.new_graph_custom(this.#context, to - from, false);
      for (let node = from; node < to; node++) core.graph_add_node(slice, core.graph_node(this.#whole, node));
      slices.push(slice);
    }
    return slices;
  }

  [Symbol.dispose](): void {
    this.#slices = [];
    this.device.ggml.core.gallocr_free(this.#allocator);
    this.device.ggml.core.free(this.#context);
  }
}

function bindOperations({ ggml }: Device, context: Pointer): BoundOperations {
  const bound = Object.entries(ggml.ops).map(([name, operation]) => [
    name,
    (operation as (...all: unknown[]) => Pointer).bind(null, context),
  ]);
  return Object.fromEntries(bound) as BoundOperations;
}
