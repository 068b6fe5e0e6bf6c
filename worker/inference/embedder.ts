/** Embeddings of texts: a small context of its own, beside the one that answers, opened on first use. */
import { AppError } from '../../common/contracts/errors.js';
import type { EmbedResult } from '../../common/contracts/generation.js';
import type { LlamaContext } from '../../common/llama/context.js';
import type { LlamaModel } from '../../common/llama/model.js';

/** Longest text, in tokens, unless the model reads less. */
const longestText = 2048;
/** Texts in one batch. */
const textsAtOnce = 16;

export interface Embedded {
  result: EmbedResult;
  /** Without the time that it waited for others. */
  computedMs: number;
}

export class Embedder implements AsyncDisposable {
  readonly #context: LlamaContext;
  readonly #limit: number;
  #last: Promise<unknown> = Promise.resolve();

  /** @throws AppError `ENGINE_OUT_OF_MEMORY` */
  constructor(
    private readonly model: LlamaModel,
    threads: number,
  ) {
    this.#limit = Math.min(longestText, model.contextTokens);
    this.#context = model.createContext({
      contextTokens: this.#limit,
      sequences: textsAtOnce,
      batchTokens: this.#limit,
      threads,
      sharesCells: true,
      embeddings: true,
    });
  }

  /**
   * @returns one unit vector per text, [D] each, in their order, and how long that took
   * @throws AppError `GENERATION_CONTEXT_EXCEEDED` for a text that is too long
   */
  embed(texts: readonly string[]): Promise<Embedded> {
    const result = this.#last.then(() => this.#embed(texts));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    this.#context[Symbol.dispose]();
  }

  async #embed(texts: readonly string[]): Promise<Embedded> {
    const startedAt = performance.now();
    const inputs = texts.map((text) => this.#tokenise(text));
    const embeddings: number[][] = [];
    for (let next = 0; next < inputs.length;) {
      const batch = this.#takeBatch(inputs, next);
      next += batch.length;
      embeddings.push(...(await this.#compute(batch)));
    }
    const promptTokens = inputs.reduce((sum, ids) => sum + ids.length, 0);
    return { result: { embeddings, promptTokens }, computedMs: performance.now() - startedAt };
  }

  #tokenise(text: string): Int32Array {
    const { vocabulary } = this.model;
    const ids = vocabulary.tokenize(text, { parseSpecial: false });
    const { bos } = vocabulary;
    const all = vocabulary.addsBos && bos !== null ? Int32Array.of(bos, ...ids) : ids;
    if (all.length > this.#limit || all.length === 0)
      throw new AppError('GENERATION_CONTEXT_EXCEEDED', {
        promptTokens: all.length,
        contextTokens: this.#limit,
      });
    return all;
  }

  #takeBatch(inputs: readonly Int32Array[], from: number): Int32Array[] {
    const batch: Int32Array[] = [];
    let room = this.#limit;
    for (const ids of inputs.slice(from, from + textsAtOnce)) {
      if (ids.length > room) break;
      batch.push(ids);
      room -= ids.length;
    }
    return batch;
  }

  async #compute(inputs: readonly Int32Array[]): Promise<number[][]> {
    const { batch } = this.#context;
    this.#context.clear();
    batch.clear();
    for (const [sequence, ids] of inputs.entries()) {
      for (const [position, id] of ids.entries()) batch.add(id, position, sequence, true);
    }
    await this.#context.decode();
    return inputs.map((_, sequence) => toUnitLength(this.#context.pooledEmbedding(sequence)));
  }
}

function toUnitLength(vector: Float32Array): number[] {
  const norm = Math.hypot(...vector) || 1;
  return Array.from(vector, (value) => value / norm);
}
