/**
 * The trainable model: keeps a placed graph for each batch shape it has seen lately, and the parameters between steps.
 */
import { AppError } from '../../common/contracts/errors.js';
import type { Device } from '../engine/device.js';
import type { AdamW, TrainedTensor } from '../engine/optimiser.js';
import type { Parameter } from '../engine/tape.js';
import { readFloats, writeTensor, type Tensor } from '../engine/tensor-pool.js';
import { assertBatch } from './batch-check.js';
import type { TokenBatch } from './batch.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { TensorLayout } from './layout.js';
import type { LoraAdapter } from './lora.js';
import { StepGraph } from './step-graph.js';
import type {
  BatchShape,
  Cotangents,
  ForwardOptions,
  ForwardResult,
  HeadKind,
  MemoryPlan,
  ModelInfo,
  NamedTensor,
  TrainableModel,
  TrainingState,
  UpdateOptions,
  UpdateResult,
} from './trainable-model.js';
import type { Weights } from './weights.js';

export interface TransformerParts {
  device: Device;
  /** Bytes that were free before anything of the model was placed. */
  availableBytes: number;
  hyper: HyperParameters;
  layouts: readonly TensorLayout[];
  weights: Weights;
  optimiser: AdamW;
  adapter: LoraAdapter;
  /** Where the factor on the adapter is read from, and its value at scale 1. */
  adapterScale: { tensor: Tensor; unit: number };
  scoreHead: Parameter | null;
  head: HeadKind;
  baseFingerprint: string;
  /** Null in full training. */
  lora: { rank: number; alpha: number } | null;
  recomputeLayers: boolean;
  /** Everything above, released last to first. */
  owned: Disposable;
}

export class TransformerModel implements TrainableModel {
  readonly info: ModelInfo;
  readonly #parts: TransformerParts;
  /** Least recently used first. */
  readonly #graphs = new Map<string, StepGraph>();
  #last: StepGraph | null = null;

  constructor(parts: TransformerParts) {
    const { hyper, layouts, optimiser, device } = parts;
    this.#parts = parts;
    const sum = (shapes: readonly { shape: readonly number[] }[]) =>
      shapes.reduce((total, { shape }) => total + shape.reduce((product, length) => product * length, 1), 0);
    this.info = {
      architecture: hyper.architectureName,
      name: hyper.name,
      contextLength: hyper.contextLength,
      vocabularySize: hyper.vocabularySize,
      width: hyper.width,
      layerCount: hyper.layerCount,
      headWidth: hyper.headWidth,
      parameterCount: sum(layouts),
      trainableParameterCount: sum(optimiser.parameters),
      device: device.name,
      baseFingerprint: parts.baseFingerprint,
      lora: parts.lora,
      head: parts.head,
    };
  }

  async forward(batch: TokenBatch, options: ForwardOptions = {}): Promise<ForwardResult> {
    const { device, hyper, adapterScale } = this.#parts;
    assertBatch(batch, hyper);
    const { adapterScale: scale = 1, gradients = true, temperature = 1, signal } = options;
    this.#last = null;
    const graph = this.#graphFor(shapeOf(batch), {
      gradients,
      withAdapter: scale !== 0,
      temperature,
    });
    writeTensor(device, adapterScale.tensor, Float32Array.of(scale * adapterScale.unit));
    const result = await graph.forward(batch, signal);
    if (gradients) this.#last = graph;
    return result;
  }

  async backward(cotangents: Cotangents, signal?: AbortSignal): Promise<void> {
    const graph = this.#last;
    if (!graph)
      throw new AppError('TRAINING_BATCH_INVALID', { reason: 'there is no forward pass with gradients' });
    // The backward pass overwrites what the forward pass left.
    this.#last = null;
    await graph.backward(cotangents, signal);
  }

  update(options: UpdateOptions): Promise<UpdateResult> {
    const {
      learningRate,
      maxGradNorm = 1,
      weightDecay = 0,
      beta1 = 0.9,
      beta2 = 0.999,
      epsilon = 1e-8,
    } = options;
    return this.#parts.optimiser.step({ learningRate, maxGradNorm, weightDecay, beta1, beta2, epsilon });
  }

  zeroGradients(): void {
    this.#parts.optimiser.zeroGradients();
  }

  exportParameters(): NamedTensor[] {
    return this.#read((parameter) => parameter.tensor);
  }

  importParameters(parameters: readonly NamedTensor[]): void {
    this.#write(parameters, (parameter) => parameter.tensor);
  }

  exportGradients(): NamedTensor[] {
    return this.#read((parameter) => parameter.gradientBuffer);
  }

  exportState(): TrainingState {
    return {
      parameters: this.exportParameters(),
      firstMoments: this.#read((parameter) => parameter.firstMoment),
      secondMoments: this.#read((parameter) => parameter.secondMoment),
      updateCount: this.#parts.optimiser.updateCount,
    };
  }

  importState(state: TrainingState): void {
    this.#write(state.parameters, (parameter) => parameter.tensor);
    this.#write(state.firstMoments, (parameter) => parameter.firstMoment);
    this.#write(state.secondMoments, (parameter) => parameter.secondMoment);
    this.#parts.optimiser.updateCount = state.updateCount;
    this.zeroGradients();
  }

  planMemory(shape: BatchShape, { gradients } = { gradients: true }): MemoryPlan {
    const { availableBytes, weights, optimiser } = this.#parts;
    using graph = this.#makeGraph(rounded(shape), { gradients, withAdapter: true, temperature: 1 });
    const activations = graph.measure();
    const frozen = weights.sizeBytes;
    const training = optimiser.sizeBytes;
    const total = frozen + training + activations;
    return { weights: frozen, training, activations, total, available: availableBytes };
  }

  #graphFor(shape: BatchShape, options: GraphOptions): StepGraph {
    const key = JSON.stringify([shape, options]);
    const cached = this.#graphs.get(key);
    const graph = cached ?? this.#makeGraph(shape, options);
    // Taken out and put back, so that the order of the map is the order of use.
    this.#graphs.delete(key);
    if (!cached) this.#makeRoom(graph);
    this.#graphs.set(key, cached ?? graph.place());
    return graph;
  }

  /** Placed graphs may take twice what the largest needs: enough for a batch and its reference, or for two lengths in turn. */
  #makeRoom(graph: StepGraph): void {
    const needed = graph.measure();
    const sizes = () => [...this.#graphs.values()].map((placed) => placed.sizeBytes);
    const budget = 2 * Math.max(needed, ...sizes());
    for (const [key, placed] of this.#graphs) {
      if (sizes().reduce((sum, size) => sum + size, needed) <= budget) break;
      this.#graphs.delete(key);
      placed[Symbol.dispose]();
    }
  }

  #makeGraph(shape: BatchShape, { gradients, withAdapter, temperature }: GraphOptions): StepGraph {
    const { device, hyper, weights, adapter, scoreHead, recomputeLayers } = this.#parts;
    const network = { hyper, weights, adapter: withAdapter ? adapter : null };
    const options = { recording: gradients, recomputeLayers, scoreHead, temperature };
    return new StepGraph(device, network, shape, options);
  }

  #read(pick: (parameter: TrainedTensor) => Tensor): NamedTensor[] {
    const { device, optimiser } = this.#parts;
    return optimiser.parameters.map((parameter) => ({
      name: parameter.name,
      shape: parameter.shape,
      data: readFloats(device, pick(parameter)),
    }));
  }

  #write(tensors: readonly NamedTensor[], pick: (parameter: TrainedTensor) => Tensor): void {
    const { device, optimiser } = this.#parts;
    const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    for (const { name, shape } of optimiser.parameters) {
      const came = byName.get(name)?.shape.join(' x ') ?? 'missing';
      const expected = shape.join(' x ');
      const reason = `${name} is ${came}, expected ${expected}`;
      if (came !== expected) throw new AppError('TRAINING_STATE_MISMATCH', { reason });
    }
    if (byName.size !== optimiser.parameters.length) {
      const reason = `it has ${byName.size} tensors, expected ${optimiser.parameters.length}`;
      throw new AppError('TRAINING_STATE_MISMATCH', { reason });
    }
    for (const parameter of optimiser.parameters) {
      writeTensor(device, pick(parameter), byName.get(parameter.name)!.data);
    }
  }

  [Symbol.dispose](): void {
    for (const graph of this.#graphs.values()) graph[Symbol.dispose]();
    this.#graphs.clear();
    this.#parts.owned[Symbol.dispose]();
  }
}

interface GraphOptions {
  gradients: boolean;
  withAdapter: boolean;
  temperature: number;
}

function shapeOf({ rowCount, rowLength, targets, scored }: TokenBatch): BatchShape {
  return rounded({ rowCount, rowLength, targetCount: targets.rows.length, scoredCount: scored.length });
}

/** Few shapes rather than one for each count: padding costs little, building and placing a graph does not. */
function rounded({ rowCount, rowLength, targetCount, scoredCount }: BatchShape): BatchShape {
  const up = (count: number, step: number) => Math.ceil(count / step) * step;
  const targetStep = targetCount > 256 ? 64 : 16;
  return { rowCount, rowLength, targetCount: up(targetCount, targetStep), scoredCount: up(scoredCount, 4) };
}
