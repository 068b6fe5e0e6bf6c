/** A loaded model and the LoRA adapters that were opened on it. Owns both; contexts made from it must be disposed of first. */
import { AppError } from '../contracts/errors.js';
import { cacheBytesPerToken } from './cache-size.js';
import { LlamaContext, type ContextOptions } from './context.js';
import { readGguf } from './gguf.js';
import { noGpuLayers, planGpuLayers, type GpuLayers } from './gpu-layers.js';
import { findGpuMemory } from './gpu-memory.js';
import type { LibraryOptions } from './libraries.js';
import { openLlama, type LlamaApi } from './llama.js';
import { takeLog } from './log.js';
import { loadModelHandle } from './model-loading.js';
import type { Pointer } from './native.js';
import type { GpuVariant } from './shipped.js';
import { Vocabulary } from './vocabulary.js';

/** LoRA weights on the device, applied to a context by `LlamaContext.useAdapter`. */
export interface LoraAdapter extends Disposable {
  readonly pointer: Pointer;
  readonly path: string;
}

export class LlamaModel implements Disposable {
  readonly vocabulary: Vocabulary;
  /** Longest context that the model was trained with. */
  readonly contextTokens: number;
  /** Of all tensors. */
  readonly sizeBytes: number;
  readonly parameterCount: number;
  /** Width of its embeddings. */
  readonly embeddingWidth: number;
  /** Bytes that one token takes in the cache, keys and values of all layers in F16; 0 where the file does not tell. */
  readonly cacheBytesPerToken: number;
  /** Tokens that one sees in every layer, itself included; Infinity where no layer has a sliding window. */
  readonly windowTokens: number;
  readonly #adapters = new Set<LoraAdapter>();

  private constructor(
    readonly api: LlamaApi,
    readonly pointer: Pointer,
    readonly path: string,
    private readonly gpuLayers: GpuLayers,
  ) {
    this.vocabulary = new Vocabulary(api, pointer);
    this.contextTokens = api.model_n_ctx_train(pointer);
    this.sizeBytes = Number(api.model_size(pointer));
    this.parameterCount = Number(api.model_n_params(pointer));
    this.embeddingWidth = api.model_n_embd_out(pointer);
    this.windowTokens = api.model_n_swa(pointer) || Infinity;
    const architecture = this.findMetadata('general.architecture');
    this.cacheBytesPerToken = cacheBytesPerToken((key) =>
      Number(this.findMetadata(`${architecture}.${key}`) ?? NaN),
    );
  }

  /**
   * On a GPU as far as its free memory goes; layers that do not fit are computed on the CPU.
   *
   * @throws AppError `GGUF_MISSING`, `GGUF_INVALID`, `ENGINE_LIBRARIES_MISSING`, `ENGINE_DEVICE_MISSING` when a GPU was named and none answers;
   *         the weights that do not fit the device are `GGUF_INVALID` too, with what llama.cpp said
   */
  static async open(path: string, options: LibraryOptions = {}): Promise<LlamaModel> {
    const { gpu = 'auto' } = options;
    const api = await openLlama(options);
    const memory = await findGpuMemory(options);
    if (!memory && gpu !== 'auto' && gpu !== 'off')
      throw new AppError('ENGINE_DEVICE_MISSING', { device: gpu });
    const layers = memory ? planGpuLayers(await readGguf(path), memory.freeBytes) : noGpuLayers;
    const handle = await loadModelHandle(api, path, { n_gpu_layers: layers.count });
    return new LlamaModel(api, handle, path, layers);
  }

  /** Does the library run this model on a GPU, or a part of it? */
  get isOnGpu(): boolean {
    return this.gpuLayers.count !== 0;
  }

  /** What computes it: `cuda`, `vulkan`, `metal`, or `cpu`, which libraries for a GPU use as well where none answers. */
  get device(): GpuVariant {
    return this.isOnGpu ? this.api.libraries.variant : 'cpu';
  }

  /** Share of the layers, and of the cache, that lies on the GPU. */
  get gpuShare(): number {
    return this.gpuLayers.share;
  }

  /** @throws AppError `ENGINE_OUT_OF_MEMORY` when the device does not give the context's cache */
  createContext(options: ContextOptions): LlamaContext {
    return new LlamaContext(this, options);
  }

  /** @throws AppError `GGUF_MISSING`, `GGUF_INVALID`, `ADAPTER_MISMATCH` when it was not made for this model */
  async openAdapter(path: string): Promise<LoraAdapter> {
    await readGguf(path);
    takeLog();
    const pointer = this.api.adapter_lora_init(this.pointer, path);
    if (!pointer)
      throw new AppError('ADAPTER_MISMATCH', {
        path,
        reason: takeLog().join('; ') || 'llama.cpp refused it',
      });
    const adapter: LoraAdapter = {
      pointer,
      path,
      [Symbol.dispose]: () => {
        if (this.#adapters.delete(adapter)) this.api.adapter_lora_free(pointer);
      },
    };
    this.#adapters.add(adapter);
    return adapter;
  }

  /** @returns a scalar of the file's metadata as text, or null */
  findMetadata(key: string): string | null {
    const buffer = new Uint8Array(256);
    const length = this.api.model_meta_val_str(this.pointer, key, buffer, buffer.length);
    return length < 0 ? null : new TextDecoder().decode(buffer.subarray(0, Math.min(length, 255)));
  }

  [Symbol.dispose](): void {
    for (const adapter of [...this.#adapters]) adapter[Symbol.dispose]();
    this.api.model_free(this.pointer);
  }
}
