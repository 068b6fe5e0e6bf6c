/** A `llama_token_data_array`: tokens with their logits, which samplers cut down and choose from. */
import koffi from 'koffi';
import type { LlamaApi } from './llama.js';
import type { Pointer } from './native.js';

/** Words of a `llama_token_data`, 4 bytes each: id, logit, probability. */
const entryWords = 3;

export class Candidates {
  /** [n x 3] words: ids as int32, logits and probabilities as float32 over the same memory. */
  readonly #ids: Int32Array;
  readonly #floats: Float32Array;
  /** data, size, selected (-1: none), sorted. */
  readonly #header = new BigInt64Array(4);

  private constructor(
    private readonly api: LlamaApi,
    private readonly tokens: ArrayLike<number> | null,
    private readonly logits: Float32Array,
  ) {
    this.#ids = new Int32Array(logits.length * entryWords);
    this.#floats = new Float32Array(this.#ids.buffer);
    this.reset();
  }

  /** All tokens. @param logits  [V] */
  static of(api: LlamaApi, logits: Float32Array): Candidates {
    return new Candidates(api, null, logits);
  }

  static one(api: LlamaApi, token: number): Candidates {
    return new Candidates(api, [token], Float32Array.of(1));
  }

  /** Undoes what samplers did. */
  reset(): void {
    for (let i = 0; i < this.logits.length; i++) {
      this.#ids[i * entryWords] = this.tokens?.[i] ?? i;
      this.#floats[i * entryWords + 1] = this.logits[i] ?? -Infinity;
      this.#floats[i * entryWords + 2] = 0;
    }
    this.#header[0] = koffi.address(this.#ids);
    this.#header[1] = BigInt(this.logits.length);
    this.#header[2] = -1n;
    this.#header[3] = 0n;
  }

  apply(sampler: Pointer): void {
    this.api.sampler_apply(sampler, this.#header);
  }

  /** Is any token still possible? */
  hasAny(): boolean {
    for (let i = 0; i < this.logits.length; i++) {
      if (this.#floats[i * entryWords + 1] !== -Infinity) return true;
    }
    return false;
  }

  /** @returns the id that the last sampler of a chain chose */
  selectedToken(): number {
    // A sampler may have put an array of its own in place of ours.
    const data = this.#header[0] ?? 0n;
    return koffi.decode.int32(data + (this.#header[2] ?? 0n) * BigInt(entryWords * 4));
  }
}
