/**
 * A model's working memory: the key-value cache of a number of sequences, and the one batch that is decoded next.
 *
 * One decode at a time; nothing else may touch the context while it runs. The batch loop of `worker/inference` is the intended owner.
 */
import koffi from 'koffi';
import { AppError } from '../contracts/errors.js';
import { takeLog } from './log.js';
import type { LlamaModel, LoraAdapter } from './model.js';
import type { Pointer } from './native.js';
import { ThreadPool } from './thread-pool.js';
import { TokenBatch } from './token-batch.js';

export interface ContextOptions {
  /** Longest sequence. */
  contextTokens: number;
  /** Sequences that live side by side. */
  sequences: number;
  /** Most tokens in one decode. */
  batchTokens: number;
  threads: number;
  /**
   * True puts all sequences into one cache, where a copied prefix costs no memory and no time, but every sequence pays for the attention over
   * all of them. False gives each a cache of its own: faster as soon as conversations are long and have little in common.
   */
  sharesCells: boolean;
  /** Pooled embeddings instead of logits. */
  embeddings?: boolean;
}

/** `LLAMA_POOLING_TYPE_MEAN`. */
const meanPooling = 1;

/** Outcome of one decode. */
export type DecodeStatus = 'done' | 'cache-full';

export class LlamaContext implements Disposable {
  readonly batch: TokenBatch;
  /** Longest sequence, as the library rounded it. */
  readonly contextTokens: number;
  readonly #api: LlamaModel['api'];
  readonly #pointer: Pointer;
  readonly #memory: Pointer | null;
  readonly #threads: ThreadPool | null;
  #adapter: LoraAdapter | null = null;
  #copiesAtDecode = false;

  constructor(
    readonly model: LlamaModel,
    readonly options: ContextOptions,
  ) {
    this.#api = model.api;
    const { sequences, sharesCells, embeddings = false } = options;
    const params = {
      ...this.#api.context_default_params(),
      n_ctx: sequences * options.contextTokens,
      n_batch: options.batchTokens,
      n_ubatch: Math.min(options.batchTokens, embeddings ? options.batchTokens : 512),
      n_seq_max: sequences,
      // Room for logits is reserved for this many rows; a chunk of a prompt wants one at most.
      n_outputs_max: embeddings ? 0 : sequences,
      n_threads: options.threads,
      n_threads_batch: options.threads,
      kv_unified: sharesCells,
      embeddings,
      // Models that were not made for embeddings name no pooling; the mean over the text serves them best.
      ...(embeddings && !this.#namesPooling() && { pooling_type: meanPooling }),
    };
    takeLog();
    const pointer = this.#api.init_from_model(model.pointer, params);
    if (!pointer) throw this.#outOfMemory();
    this.#pointer = pointer;
    this.#memory = this.#api.get_memory(pointer);
    this.#threads = ThreadPool.open(this.#api.libraries, options.threads);
    if (this.#threads) this.#api.attach_threadpool(pointer, this.#threads.pointer, this.#threads.pointer);
    this.contextTokens = this.#api.n_ctx_seq(pointer);
    this.batch = new TokenBatch(options.batchTokens, sequences);
  }

  /**
   * Computes the batch.
   *
   * @returns `cache-full` when no cells were free; the context is then as it was before
   * @throws AppError `ENGINE_COMPUTE_FAILED`; the caches are then to be cleared
   */
  async decode(): Promise<DecodeStatus> {
    this.#copiesAtDecode = false;
    const status = await this.#api.decode(this.#pointer, this.batch.native);
    if (status === 1) return 'cache-full';
    if (status !== 0) throw new AppError('ENGINE_COMPUTE_FAILED', { device: this.model.device, status });
    // A GPU's work is awaited on a thread as well, so that reading the results does not hold up the process.
    if (this.model.isOnGpu) await this.#api.synchronize.onThread(this.#pointer);
    return 'done';
  }

  /** Adapter of the decodes to come; null is the base model. Takes well under a millisecond. */
  useAdapter(adapter: LoraAdapter | null): void {
    if (adapter === this.#adapter) return;
    const count = adapter ? 1 : 0;
    const pointers = BigUint64Array.of(adapter?.pointer ?? 0n);
    const status = this.#api.set_adapters_lora(this.#pointer, pointers, count, Float32Array.of(1));
    if (status !== 0)
      throw new AppError('ADAPTER_MISMATCH', { path: adapter?.path ?? '', reason: `status ${status}` });
    this.#adapter = adapter;
  }

  /** @param index  place in the last batch, which asked for logits @returns a copy, [V] */
  logits(index: number): Float32Array {
    return this.#floats(this.#api.get_logits_ith(this.#pointer, index), this.model.vocabulary.size);
  }

  /** Puts the last decode's rows in their places, which the first reader would do otherwise: afterwards threads may read them side by side. */
  orderOutputs(): void {
    this.#api.get_logits_ith(this.#pointer, -1);
  }

  /** @returns the sequence's pooled embedding of the last decode, [D] */
  pooledEmbedding(sequence: number): Float32Array {
    return this.#floats(this.#api.get_embeddings_seq(this.#pointer, sequence), this.model.embeddingWidth);
  }

  /**
   * Can the sequence go on after its first `length` tokens?
   *
   * A layer with a sliding window keeps the last window of what is restored, and in a common cache gives what lies before it to other
   * sequences; cut, it would miss what its window then begins with. Models that can only go forward say by the same numbers that they cannot.
   */
  canCut(sequence: number, length: number): boolean {
    if (!this.#memory || length === 0) return true;
    if (length > this.#api.memory_seq_pos_max(this.#memory, sequence)) return true;
    const firstSeen = Math.max(0, length - this.model.windowTokens + 1);
    return this.#api.memory_seq_pos_min(this.#memory, sequence) <= firstSeen;
  }

  /** Forgets the sequence from `position` on. @returns false where it cannot be cut there; all of it is forgotten then */
  truncate(sequence: number, position: number): boolean {
    if (!this.#memory) return true;
    if (this.canCut(sequence, position) && this.#api.memory_seq_rm(this.#memory, sequence, position, -1))
      return true;
    this.#api.memory_seq_rm(this.#memory, sequence, -1, -1);
    return false;
  }

  /** A copied prefix is yet to be read from where it lies: nothing may be restored before the next decode, which makes the copy. */
  get copiesAtDecode(): boolean {
    return this.#copiesAtDecode;
  }

  /**
   * Makes `to` begin as `from` does, in place of what it held; with separate caches by the next decode, see `copiesAtDecode`.
   *
   * @param length  tokens of the common beginning
   * @returns false where `from` cannot be cut there; `to` is empty then
   */
  copyPrefix(from: number, to: number, length: number): boolean {
    if (!this.#memory) return false;
    this.#api.memory_seq_rm(this.#memory, to, -1, -1);
    if (!this.canCut(from, length)) return false;
    this.#copiesAtDecode = !this.options.sharesCells;
    // Separate caches are copied as a whole, which the library asserts, and cut afterwards.
    this.#api.memory_seq_cp(this.#memory, from, to, -1, this.options.sharesCells ? length : -1);
    return this.truncate(to, length);
  }

  /** Forgets everything. */
  clear(): void {
    if (this.#memory) this.#api.memory_clear(this.#memory, true);
  }

  /** @returns the sequence's cache as bytes that `restoreSequence` takes; of layers with a sliding window, the last window */
  async saveSequence(sequence: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Number(this.#api.state_seq_get_size(this.#pointer, sequence)));
    const written = await this.#api.state_seq_get_data.onThread(this.#pointer, bytes, bytes.length, sequence);
    return bytes.subarray(0, Number(written));
  }

  /** @returns false when the bytes do not fit this context; the sequence is empty then @throws RangeError while `copiesAtDecode` */
  async restoreSequence(sequence: number, bytes: Uint8Array): Promise<boolean> {
    if (this.#copiesAtDecode)
      throw new RangeError('a copy that is not made yet would be of what is restored');
    this.truncate(sequence, 0);
    const read = await this.#api.state_seq_set_data.onThread(this.#pointer, bytes, bytes.length, sequence);
    if (Number(read) === 0) this.truncate(sequence, 0);
    return Number(read) > 0;
  }

  /** For samplers, which read the logits in place. */
  get pointer(): Pointer {
    return this.#pointer;
  }

  [Symbol.dispose](): void {
    this.#api.free(this.#pointer);
    this.#threads?.[Symbol.dispose]();
    this.batch[Symbol.dispose]();
  }

  #floats(pointer: Pointer | null, length: number): Float32Array {
    if (!pointer) throw new AppError('ENGINE_COMPUTE_FAILED', { device: 'output', status: 'missing' });
    return new Float32Array(koffi.view(pointer, length * 4)).slice();
  }

  #namesPooling(): boolean {
    const architecture = this.model.findMetadata('general.architecture');
    return this.model.findMetadata(`${architecture}.pooling_type`) !== null;
  }

  #outOfMemory(): AppError {
    const { sequences, contextTokens } = this.options;
    const bytes = sequences * contextTokens * this.model.cacheBytesPerToken;
    return new AppError(
      'ENGINE_OUT_OF_MEMORY',
      {
        what: `The cache of ${sequences} conversations`,
        neededMb: Math.ceil(bytes / 1e6),
        device: this.model.device,
      },
      takeLog().join('; '),
    );
  }
}
