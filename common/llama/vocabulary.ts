/**
 * A model's vocabulary: text to token ids and back. Every program that turns text into ids does it here, so that training sees the very
 * ids that serving saw.
 */
import type { LibraryOptions } from './libraries.js';
import { openLlama, type LlamaApi } from './llama.js';
import type { Pointer } from './native.js';
import { loadModelHandle } from './model-loading.js';

/** llama.cpp's token id for "there is none". */
const noToken = -1;
const utf8 = new TextEncoder();

export class Vocabulary {
  /** Number of ids. */
  readonly size: number;
  readonly bos: number | null;
  readonly eos: number | null;
  /** End of turn, where the model marks it apart from the end of the text. */
  readonly eot: number | null;
  /** Was the model trained with BOS before every text? */
  readonly addsBos: boolean;
  /** The Jinja chat template that the file carries. */
  readonly chatTemplate: string | null;
  readonly #pieces = new Map<number, Uint8Array>();

  /** @param model  pointer to a loaded `llama_model`, which must outlive this */
  constructor(
    private readonly api: LlamaApi,
    model: Pointer,
    private readonly handle: Pointer = api.model_get_vocab(model),
  ) {
    this.size = api.vocab_n_tokens(handle);
    this.bos = orNull(api.vocab_bos(handle));
    this.eos = orNull(api.vocab_eos(handle));
    this.eot = orNull(api.vocab_eot(handle));
    this.addsBos = api.vocab_get_add_bos(handle);
    this.chatTemplate = api.model_chat_template(model, null);
  }

  /** The C handle, for samplers that need it. */
  get pointer(): Pointer {
    return this.handle;
  }

  /**
   * @param parseSpecial  true reads `<|im_end|>` and its like as control tokens; false takes them as plain text (what people wrote)
   * @returns token ids, without BOS or EOS of its own accord
   */
  tokenize(text: string, { parseSpecial = true }: { parseSpecial?: boolean } = {}): Int32Array {
    const bytes = utf8.encode(text);
    if (bytes.length === 0) return new Int32Array();
    let ids = new Int32Array(bytes.length + 8);
    let count = this.api.tokenize(this.handle, bytes, bytes.length, ids, ids.length, false, parseSpecial);
    if (count < 0) {
      ids = new Int32Array(-count);
      count = this.api.tokenize(this.handle, bytes, bytes.length, ids, ids.length, false, parseSpecial);
    }
    return ids.slice(0, count);
  }

  /**
   * The tokens' bytes one after another. llama.cpp's own function also tidies spaces before punctuation for some models, which would make
   * the text another than the one that was streamed.
   *
   * @returns UTF-8 bytes of the text that the ids stand for; control tokens are left out unless `special`
   */
  detokenize(tokens: ArrayLike<number>, { special = false }: { special?: boolean } = {}): Uint8Array {
    const pieces = Array.from(tokens, (id) => (special ? this.piece(id, true) : this.tokenBytes(id)));
    return Uint8Array.from(Buffer.concat(pieces));
  }

  /** @returns bytes of one token as it stands within a text, possibly half a character; empty for a control token */
  tokenBytes(token: number): Uint8Array {
    const known = this.#pieces.get(token);
    if (known) return known;
    const bytes = this.piece(token, false);
    this.#pieces.set(token, bytes);
    return bytes;
  }

  /** @returns how the token is written in a template: `<|im_end|>` for a control token */
  tokenText(token: number): string {
    return new TextDecoder().decode(this.piece(token, true));
  }

  /** Does this token end an answer? */
  isEndOfGeneration(token: number): boolean {
    return this.api.vocab_is_eog(this.handle, token);
  }

  isControl(token: number): boolean {
    return this.api.vocab_is_control(this.handle, token);
  }

  private piece(token: number, special: boolean): Uint8Array {
    let bytes = new Uint8Array(64);
    let length = this.api.token_to_piece(this.handle, token, bytes, bytes.length, 0, special);
    if (length < 0) {
      bytes = new Uint8Array(-length);
      length = this.api.token_to_piece(this.handle, token, bytes, bytes.length, 0, special);
    }
    return bytes.slice(0, length);
  }
}

/** A vocabulary without the weights behind it; dispose of it when done. */
export interface OpenVocabulary extends Disposable {
  vocabulary: Vocabulary;
}

/**
 * Reads the vocabulary of a GGUF file, and nothing else of it.
 *
 * @throws AppError `GGUF_MISSING`, `GGUF_INVALID`, `ENGINE_LIBRARIES_MISSING`
 */
export async function openVocabulary(path: string, options: LibraryOptions = {}): Promise<OpenVocabulary> {
  const api = await openLlama(options);
  const model = await loadModelHandle(api, path, { vocab_only: true, n_gpu_layers: 0 });
  return {
    vocabulary: new Vocabulary(api, model),
    [Symbol.dispose]: () => api.model_free(model),
  };
}

const orNull = (token: number): number | null => (token === noToken ? null : token);
