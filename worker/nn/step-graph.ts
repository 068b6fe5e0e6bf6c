/**
 * One placed graph for batches of one shape: inputs, forward phase, backward phase. Owns its inputs and activations.
 */
import type { Device } from '../engine/device.js';
import { Graph } from '../engine/graph.js';
import { scale } from '../engine/ops/arithmetic.js';
import { linear } from '../engine/ops/linear.js';
import { targetLogProbs, type TargetLogProbs } from '../engine/ops/log-probs.js';
import { lookUp } from '../engine/ops/lookup.js';
import { Tape, type Parameter, type Variable } from '../engine/tape.js';
import { readFloats, readIntegers, TensorPool, writeTensor, type Tensor } from '../engine/tensor-pool.js';
import { attentionMask } from './attention-mask.js';
import type { TokenBatch } from './batch.js';
import { embeddingName, outputName } from './layout.js';
import type { BatchShape, Cotangents, ForwardResult } from './trainable-model.js';
import { normalise, transform, type Network } from './transformer.js';

export interface StepGraphOptions {
  /** False: forward only, memory reused as soon as it can be. */
  recording: boolean;
  /** Keep only what flows between layers. */
  recomputeLayers: boolean;
  /** Trained row that the head multiplies hidden states by; null without a head. */
  scoreHead: Parameter | null;
  /** What logits are divided by. */
  temperature: number;
}

/** Most bytes of logits computed at a time, and of probabilities kept for the backward pass. */
const maxLogitBytes = 128 * 2 ** 20;
const maxKeptBytes = 256 * 2 ** 20;

export class StepGraph implements Disposable {
  readonly #graph: Graph;
  readonly #pool: TensorPool;
  readonly #inputs: Inputs;
  readonly #chunks: (TargetLogProbs & { count: number })[] = [];
  #scores: Variable | null = null;

  constructor(
    readonly device: Device,
    readonly network: Network,
    readonly shape: BatchShape,
    readonly options: StepGraphOptions,
  ) {
    this.#pool = new TensorPool(device, 16, 'The batch');
    this.#inputs = declareInputs(this.#pool, shape, network.hyper.window !== null);
    this.#graph = new Graph(device);
    this.#build();
  }

  /** Bytes that `place` will take. */
  measure(): number {
    return this.#graph.measure() + this.#pool.sizeBytes;
  }

  get sizeBytes(): number {
    return this.#graph.sizeBytes + this.#pool.sizeBytes;
  }

  /** @throws AppError `ENGINE_OUT_OF_MEMORY` */
  place(): this {
    this.#pool.place().clear();
    const { rowCount, rowLength } = this.shape;
    this.#graph.place(`A batch of ${rowCount} rows of ${rowLength} tokens`);
    return this;
  }

  /** @param batch  of this shape, but that it may have fewer targets and scored positions */
  async forward(batch: TokenBatch, signal?: AbortSignal): Promise<ForwardResult> {
    this.#writeBatch(batch);
    await this.#graph.compute(0, signal);
    const { device } = this;
    const targets = batch.targets.tokens;
    const join = (pick: (chunk: TargetLogProbs) => Tensor) =>
      Float32Array.from(this.#chunks.flatMap((chunk) => [...readFloats(device, pick(chunk))])).slice(
        0,
        targets.length,
      );
    const best = this.#chunks.flatMap((chunk) => [...readIntegers(device, chunk.best)]);
    return {
      logProbs: join((chunk) => chunk.logProbs.tensor),
      entropies: join((chunk) => chunk.entropies),
      correct: Uint8Array.from(targets, (token, index) => Number(best[index] === token)),
      scores: this.#scores
        ? readFloats(device, this.#scores.tensor).slice(0, batch.scored.length)
        : new Float32Array(),
    };
  }

  /** Of the batch that `forward` was last given. */
  async backward(cotangents: Cotangents, signal?: AbortSignal): Promise<void> {
    const { targetCount, scoredCount } = this.shape;
    const { device } = this;
    if (targetCount > 0) {
      writeTensor(device, this.#inputs.logProbCotangents, padded(cotangents.logProbs ?? [], targetCount));
    }
    if (scoredCount > 0) {
      writeTensor(device, this.#inputs.scoreCotangents, padded(cotangents.scores ?? [], scoredCount));
    }
    await this.#graph.compute(1, signal);
  }

  #build(): void {
    const { network, options } = this;
    const graph = this.#graph;
    const tape = new Tape(graph, { recording: options.recording, reduced: network.weights.isReduced });
    const hidden = transform(tape, network, { ...this.shape, ...this.#inputs }, options);
    this.#buildTargets(tape, hidden);
    this.#buildScores(tape, hidden);
    graph.endPhase();
    if (!options.recording) return;
    let offset = 0;
    for (const { logProbs, count } of this.#chunks) {
      logProbs.gradient = slice(graph, this.#inputs.logProbCotangents, { offset, rows: 1, count });
      offset += count;
    }
    if (this.#scores) this.#scores.gradient = this.#inputs.scoreCotangents;
    tape.backward();
    graph.endPhase();
  }

  /** The head over the rows that carry a target, and over so many at a time. */
  #buildTargets(tape: Tape, hidden: Variable): void {
    const { network, shape, options } = this;
    const graph = this.#graph;
    const logitBytes = network.hyper.vocabularySize * Float32Array.BYTES_PER_ELEMENT;
    const chunkSize = Math.max(1, Math.floor(maxLogitBytes / logitBytes));
    const head = network.weights.matrix(network.weights.has(outputName) ? outputName : embeddingName);
    const keepProbabilities = shape.targetCount * logitBytes <= maxKeptBytes;
    for (let offset = 0; offset < shape.targetCount; offset += chunkSize) {
      const count = Math.min(chunkSize, shape.targetCount - offset);
      const part = { offset, rows: count, count: 1 };
      const rows = lookUp(tape, hidden, slice(graph, this.#inputs.targetRows, part));
      // The head is linear: dividing what goes in divides its logits, at a fraction of the cost.
      const normed = scale(tape, normalise(tape, network, 'output_norm', rows), 1 / options.temperature);
      const targets = slice(graph, this.#inputs.targetTokens, part);
      const chunk = targetLogProbs(tape, normed, head, { targets, keepProbabilities });
      for (const tensor of [chunk.logProbs.tensor, chunk.entropies, chunk.best]) graph.output(tensor);
      this.#chunks.push({ ...chunk, count });
    }
  }

  #buildScores(tape: Tape, hidden: Variable): void {
    const { scoreHead } = this.options;
    if (!scoreHead || this.shape.scoredCount === 0) return;
    const rows = lookUp(tape, hidden, this.#inputs.scoredRows);
    this.#scores = linear(tape, scoreHead, normalise(tape, this.network, 'output_norm', rows));
    this.#graph.output(this.#scores.tensor);
  }

  #writeBatch(batch: TokenBatch): void {
    const { device, shape } = this;
    const { tokens, positions, mask, windowMask, targetRows, targetTokens, scoredRows } = this.#inputs;
    writeTensor(device, tokens, batch.tokens);
    writeTensor(device, positions, batch.positions);
    writeTensor(device, mask, attentionMask(batch));
    if (windowMask) writeTensor(device, windowMask, attentionMask(batch, this.network.hyper.window!.size));
    writeTensor(device, targetRows, paddedIntegers(batch.targets.rows, shape.targetCount));
    writeTensor(device, targetTokens, paddedIntegers(batch.targets.tokens, shape.targetCount));
    writeTensor(device, scoredRows, paddedIntegers(batch.scored, shape.scoredCount));
  }

  [Symbol.dispose](): void {
    this.#graph[Symbol.dispose]();
    this.#pool[Symbol.dispose]();
  }
}

type Inputs = ReturnType<typeof declareInputs>;

function declareInputs(pool: TensorPool, shape: BatchShape, hasWindow: boolean) {
  const { rowCount: B, rowLength: T, targetCount: M, scoredCount: K } = shape;
  return {
    tokens: pool.declare('I32', [T * B]),
    positions: pool.declare('I32', [T * B]),
    mask: pool.declare('F32', [T, T, 1, B]),
    windowMask: hasWindow ? pool.declare('F32', [T, T, 1, B]) : null,
    targetRows: pool.declare('I32', [M]),
    targetTokens: pool.declare('I32', [M]),
    scoredRows: pool.declare('I32', [K]),
    logProbCotangents: pool.declare('F32', [1, M]),
    scoreCotangents: pool.declare('F32', [1, K]),
  };
}

/** `count` columns of `rows` four-byte elements of a vector, from an element on. */
function slice(
  { ops }: Graph,
  vector: Tensor,
  { offset, rows, count }: { offset: number; rows: number; count: number },
): Tensor {
  const bytes = Float32Array.BYTES_PER_ELEMENT;
  return ops.view_2d(vector, rows, count, rows * bytes, offset * bytes);
}

function padded(values: ArrayLike<number>, length: number): Float32Array {
  const result = new Float32Array(length);
  result.set(values);
  return result;
}

function paddedIntegers(values: Int32Array, length: number): Int32Array {
  const result = new Int32Array(length);
  result.set(values);
  return result;
}
