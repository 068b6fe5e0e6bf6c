/** Lets llama.cpp say the likeliest answer to a prompt, token by token: what a served model does at temperature 0. */
import { AppError } from '../../common/contracts/errors.js';
import { openLlama, type LlamaApi } from '../../common/llama/llama.js';
import { loadModelHandle } from '../../common/llama/model-loading.js';
import type { Pointer } from '../../common/llama/native.js';
import { TokenBatch } from '../../common/llama/token-batch.js';
import { Vocabulary } from '../../common/llama/vocabulary.js';
import { renderPrompt } from '../generator/chat-template.js';
import type { Message } from '../generator/conversation.js';

export interface SpeakerOptions {
  contextLength?: number;
  threads?: number;
}

/** One model on the CPU and one conversation at a time; dispose of it when done. */
export class Speaker implements Disposable {
  readonly #sampler: Pointer;
  readonly #batch: TokenBatch;

  private constructor(
    private readonly api: LlamaApi,
    private readonly model: Pointer,
    private readonly context: Pointer,
    private readonly vocabulary: Vocabulary,
    contextLength: number,
  ) {
    this.#batch = new TokenBatch(contextLength, 1);
    this.#sampler = api.sampler_init_greedy();
  }

  /** @throws AppError `GGUF_MISSING`, `GGUF_INVALID`, `ENGINE_LIBRARIES_MISSING` */
  static async open(
    path: string,
    { contextLength = 512, threads = 2 }: SpeakerOptions = {},
  ): Promise<Speaker> {
    const api = await openLlama({ gpu: 'off' });
    const model = await loadModelHandle(api, path, { n_gpu_layers: 0 });
    const wanted = {
      n_ctx: contextLength,
      n_batch: contextLength,
      n_threads: threads,
      n_threads_batch: threads,
    };
    const context = api.init_from_model(model, { ...api.context_default_params(), ...wanted });
    if (context) return new Speaker(api, model, context, new Vocabulary(api, model), contextLength);
    api.model_free(model);
    throw new AppError('GGUF_INVALID', { path, reason: 'llama.cpp makes no context for it' });
  }

  /** The likeliest answer, without its end-of-turn token. */
  async answer(messages: readonly Message[], maxTokens = 96): Promise<string> {
    this.api.memory_clear(this.api.get_memory(this.context) ?? 0n, true);
    const said: number[] = [];
    let input = this.vocabulary.tokenize(renderPrompt(messages));
    for (
      let position = 0;
      said.length < maxTokens;
      position += input.length, input = Int32Array.of(said.at(-1) ?? 0)
    ) {
      const status = await this.api.decode(this.context, this.#fill(input, position).native);
      if (status !== 0) break;
      const next = this.api.sampler_sample(this.#sampler, this.context, -1);
      if (this.vocabulary.isEndOfGeneration(next)) break;
      said.push(next);
    }
    return Buffer.from(this.vocabulary.detokenize(said)).toString('utf8');
  }

  [Symbol.dispose](): void {
    this.#batch[Symbol.dispose]();
    this.api.sampler_free(this.#sampler);
    this.api.free(this.context);
    this.api.model_free(this.model);
  }

  #fill(tokens: Int32Array, position: number): TokenBatch {
    this.#batch.clear();
    tokens.forEach((token, index) =>
      this.#batch.add(token, position + index, 0, index === tokens.length - 1),
    );
    return this.#batch;
  }
}
