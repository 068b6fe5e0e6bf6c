/**
 * AdamW with global-norm clipping over the parameters of a model (Loshchilov and Hutter 2019, arXiv:1711.05101).
 *
 * Owns the parameters, their gradients and both moments: four tensors of one shape each, that outlive every graph. Gradients add up until
 * `step`, which zeroes them. The norm is summed in double precision here; everything else happens on the device.
 */
import type { Device } from './device.js';
import { Graph } from './graph.js';
import type { Parameter } from './tape.js';
import { readFloats, TensorPool, writeTensor, type Tensor } from './tensor-pool.js';

export interface ParameterSpec {
  name: string;
  /** Innermost dimension first. */
  shape: readonly number[];
}

export interface StepOptions {
  learningRate: number;
  maxGradNorm: number;
  weightDecay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
}

/** A parameter with what the optimiser keeps for it. */
export interface TrainedTensor extends Parameter {
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
}

export class AdamW implements Disposable {
  readonly parameters: readonly TrainedTensor[];
  /** Steps taken; part of the state, since the moments' bias correction depends on it. */
  updateCount = 0;
  readonly #values: TensorPool;
  readonly #gradients: TensorPool;
  readonly #settings: { pool: TensorPool; decayed: Tensor; plain: Tensor; clip: Tensor };
  #graph: { graph: Graph; squares: Tensor[]; normPhase: number; updatePhase: number } | null = null;

  constructor(
    readonly device: Device,
    specs: readonly ParameterSpec[],
  ) {
    this.#values = new TensorPool(device, 3 * specs.length, 'The optimiser state');
    this.#gradients = new TensorPool(device, specs.length, 'The gradients');
    this.parameters = specs.map(({ name, shape }) => {
      const tensor = this.#values.declare('F32', shape);
      // ggml aborts when asked to optimise a tensor without this mark.
      device.ggml.core.set_param(tensor);
      const gradientBuffer = this.#gradients.declare('F32', shape);
      const [firstMoment, secondMoment] = [
        this.#values.declare('F32', shape),
        this.#values.declare('F32', shape),
      ];
      return { name, shape, tensor, gradientBuffer, firstMoment, secondMoment };
    });
    const pool = new TensorPool(device, 3, 'The optimiser settings');
    const [decayed, plain] = [pool.declare('F32', [7]), pool.declare('F32', [7])];
    this.#settings = { pool, decayed, plain, clip: pool.declare('F32', [1]) };
  }

  get sizeBytes(): number {
    return this.#values.sizeBytes + this.#gradients.sizeBytes;
  }

  /** Touches none of the memory yet, so that a plan may still refuse it. @throws AppError `ENGINE_OUT_OF_MEMORY` */
  place(): this {
    for (const pool of [this.#values, this.#gradients, this.#settings.pool]) pool.place();
    return this;
  }

  /** Zeroes parameters, gradients and moments; to be done once before the first step. */
  clear(): this {
    for (const pool of [this.#values, this.#gradients, this.#settings.pool]) pool.clear();
    return this;
  }

  zeroGradients(): void {
    this.#gradients.clear();
  }

  /** @returns the norm before clipping; nothing is changed when it is not finite, but the gradients are zeroed */
  async step(options: StepOptions, signal?: AbortSignal): Promise<{ gradNorm: number; applied: boolean }> {
    this.#graph ??= this.#build();
    const { graph, squares, normPhase, updatePhase } = this.#graph;
    await graph.compute(normPhase, signal);
    const gradNorm = Math.sqrt(squares.reduce((sum, square) => sum + readFloats(this.device, square)[0]!, 0));
    const applied = Number.isFinite(gradNorm);
    if (applied) {
      this.updateCount += 1;
      this.#writeSettings(options, gradNorm);
      await graph.compute(updatePhase);
    }
    this.zeroGradients();
    return { gradNorm, applied };
  }

  #writeSettings(options: StepOptions, gradNorm: number): void {
    const { learningRate, maxGradNorm, weightDecay, beta1, beta2, epsilon } = options;
    const { device, updateCount } = this;
    const corrections = [1 / (1 - beta1 ** updateCount), 1 / (1 - beta2 ** updateCount)];
    const settings = (decay: number) =>
      Float32Array.of(learningRate, beta1, beta2, epsilon, decay, ...corrections);
    writeTensor(device, this.#settings.decayed, settings(weightDecay));
    writeTensor(device, this.#settings.plain, settings(0));
    // The small number is PyTorch's, so that runs compare.
    writeTensor(device, this.#settings.clip, Float32Array.of(Math.min(1, maxGradNorm / (gradNorm + 1e-6))));
  }

  #build() {
    const graph = new Graph(this.device);
    const { ops } = graph;
    const squares = this.parameters.map(({ gradientBuffer: g }) => graph.output(ops.sum(ops.mul(g, g))));
    const normPhase = graph.endPhase();
    for (const { shape, tensor, gradientBuffer, firstMoment, secondMoment } of this.parameters) {
      const settings = shape.length > 1 ? this.#settings.decayed : this.#settings.plain;
      const clipped = ops.mul(gradientBuffer, this.#settings.clip);
      graph.expand(ops.opt_step_adamw(tensor, clipped, firstMoment, secondMoment, settings));
    }
    const updatePhase = graph.endPhase();
    graph.place('The optimiser step');
    return { graph, squares, normPhase, updatePhase };
  }

  [Symbol.dispose](): void {
    this.#graph?.graph[Symbol.dispose]();
    this.#settings.pool[Symbol.dispose]();
    this.#gradients[Symbol.dispose]();
    this.#values[Symbol.dispose]();
  }
}
