/**
 * The network as its users see it: forward, cotangents, backward, update. `openModel` makes one; `worker/runs` drives it and
 * `worker/rlhf` supplies the cotangents. No tensor, no device and no file format shows here.
 */
import type { TokenBatch } from './batch.js';

export type TrainingMode = 'lora' | 'full';
export type HeadKind = 'none' | 'reward' | 'value';

export interface LoraOptions {
  /** R. */
  rank: number;
  /** Output is scaled by alpha / rank. */
  alpha: number;
  /** Linear layers by their GGUF name without block and suffix (`attn_q`, `ffn_down`), or every one of them. */
  targets: 'all' | readonly string[];
  /** Seed of A's Kaiming-uniform initialisation; B starts at zero. */
  seed: number;
}

export interface ModelInfo {
  /** `general.architecture` of the GGUF. */
  architecture: string;
  /** `general.name`, or the file's name. */
  name: string;
  contextLength: number;
  vocabularySize: number;
  /** D. */
  width: number;
  layerCount: number;
  /** K, of queries and keys. */
  headWidth: number;
  parameterCount: number;
  trainableParameterCount: number;
  /** What computes: the device's name as the driver tells it. */
  device: string;
  /** Identity of the base's vocabulary and shape; adapters carry it. */
  baseFingerprint: string;
  /** Null in full training. */
  lora: { rank: number; alpha: number } | null;
  head: HeadKind;
}

export interface ForwardOptions {
  /** Factor on the adapter's contribution; 0 gives the base model, that is the reference of preference training. Default 1. */
  adapterScale?: number;
  /** False for reference log-probs and evaluation: nothing is kept for a backward pass. Default true. */
  gradients?: boolean;
  /** Log-probs and entropies of the distribution that sampling at this temperature draws from; > 0. Default 1. */
  temperature?: number;
  /** Stops between slices of the graph. */
  signal?: AbortSignal;
}

export interface ForwardResult {
  /** [M] natural log-probabilities of the target tokens. */
  logProbs: Float32Array;
  /** [M] entropy of the distribution each target was scored under, nats. */
  entropies: Float32Array;
  /** [M] 1 where the target was the most likely token. */
  correct: Uint8Array;
  /** [K] the head's outputs. */
  scores: Float32Array;
}

/** Derivatives of the loss by the outputs of the last forward pass; a missing vector is zero. */
export interface Cotangents {
  /** [M] */
  logProbs?: Float32Array;
  /** [K] */
  scores?: Float32Array;
}

export interface UpdateOptions {
  learningRate: number;
  /** Gradients are scaled down so that their global L2 norm is at most this; Infinity to leave them. Default 1. */
  maxGradNorm?: number;
  /** Decoupled; applied to matrices only. Default 0. */
  weightDecay?: number;
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.999. */
  beta2?: number;
  /** Default 1e-8. */
  epsilon?: number;
}

export interface UpdateResult {
  /** Global L2 norm before clipping; the update is left out when it is not finite. */
  gradNorm: number;
  /** False when the gradients held NaN or infinity, so that nothing was changed. */
  applied: boolean;
}

export interface NamedTensor {
  /** GGUF name: `blk.0.attn_q.weight.lora_a`, `score.weight`. */
  name: string;
  /** ggml's order: innermost dimension first. */
  shape: readonly number[];
  data: Float32Array;
}

/** All that is needed to go on bit for bit on a CPU. */
export interface TrainingState {
  parameters: NamedTensor[];
  firstMoments: NamedTensor[];
  secondMoments: NamedTensor[];
  updateCount: number;
}

/** Bytes, known before anything is allocated. */
export interface MemoryPlan {
  /** Frozen weights in their compute types, transposed copies included. */
  weights: number;
  /** Trained parameters, their gradients and both moments. */
  training: number;
  /** Activations and scratch of the largest batch. */
  activations: number;
  total: number;
  /** What the device said was free before the model was opened. */
  available: number;
}

export interface BatchShape {
  rowCount: number;
  rowLength: number;
  targetCount: number;
  scoredCount: number;
}

/** One model on one device. Calls must not overlap. */
export interface TrainableModel extends Disposable {
  readonly info: ModelInfo;

  /**
   * Log-probabilities and scores of a batch.
   *
   * @throws AppError `TRAINING_BATCH_INVALID` for a token outside the vocabulary or an index outside the batch
   * @throws AppError `TRAINING_CANCELLED` when the signal fires
   */
  forward(batch: TokenBatch, options?: ForwardOptions): Promise<ForwardResult>;

  /**
   * Adds the gradients of the last `forward` to those already there; call as often as there are micro-batches. When the signal fires, some
   * have been added: `zeroGradients` before going on.
   */
  backward(cotangents: Cotangents, signal?: AbortSignal): Promise<void>;

  /** Clips, takes one AdamW step and zeroes the gradients. */
  update(options: UpdateOptions): Promise<UpdateResult>;

  /** Forgets gradients that were accumulated and not used. */
  zeroGradients(): void;

  /** Trained parameters as they are now: adapter and head with LoRA, every weight in full training. */
  exportParameters(): NamedTensor[];

  /** Gradients accumulated so far, under the names of their parameters. */
  exportGradients(): NamedTensor[];

  /** @throws AppError `TRAINING_STATE_MISMATCH` when names or shapes differ from this model's */
  importParameters(parameters: readonly NamedTensor[]): void;

  exportState(): TrainingState;

  /** @throws AppError `TRAINING_STATE_MISMATCH` when names or shapes differ from this model's */
  importState(state: TrainingState): void;

  /**
   * What a batch of this shape would take; allocates nothing.
   *
   * @param options.gradients  false: a forward pass alone. Default true
   */
  planMemory(shape: BatchShape, options?: { gradients: boolean }): MemoryPlan;
}
