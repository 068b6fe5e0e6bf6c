/** The arrays behind a `llama_batch`, filled anew for every decode and never allocated again. */
import koffi from 'koffi';
import type { NativeBatch } from './llama.js';
import type { Pointer } from './native.js';

export class TokenBatch implements Disposable {
  readonly native: NativeBatch;
  /** Sequence ids in C memory, since a batch holds a pointer to the ids of each token. */
  readonly #sequenceIds: Pointer;

  /** @param capacity  tokens at most @param sequences  sequence ids below this */
  constructor(
    readonly capacity: number,
    sequences: number,
  ) {
    this.native = {
      n_tokens: 0,
      token: new Int32Array(capacity),
      embd: null,
      pos: new Int32Array(capacity),
      n_seq_id: new Int32Array(capacity).fill(1),
      seq_id: new BigUint64Array(capacity),
      logits: new Int8Array(capacity),
    };
    this.#sequenceIds = koffi.alloc('int32_t', sequences) as Pointer;
    new Int32Array(koffi.view(this.#sequenceIds, sequences * 4)).forEach((_, id, ids) => (ids[id] = id));
  }

  get count(): number {
    return this.native.n_tokens;
  }

  get room(): number {
    return this.capacity - this.native.n_tokens;
  }

  clear(): void {
    this.native.n_tokens = 0;
  }

  /**
   * @param position     of the token in its sequence, from 0
   * @param wantsLogits  true where the next token is to be drawn
   * @returns the token's index, by which its logits are asked for
   */
  add(token: number, position: number, sequence: number, wantsLogits: boolean): number {
    const index = this.native.n_tokens++;
    if (index >= this.capacity) throw new RangeError(`a batch holds ${this.capacity} tokens`);
    this.native.token[index] = token;
    this.native.pos[index] = position;
    this.native.seq_id[index] = this.#sequenceIds + BigInt(4 * sequence);
    this.native.logits[index] = wantsLogits ? 1 : 0;
    return index;
  }

  [Symbol.dispose](): void {
    koffi.free(this.#sequenceIds);
  }
}
