/** A base model in memory, ready to answer: its batch loop, its template, the adapters of its versions. */
import path from 'node:path';
import type { Config } from '../../common/config/config.js';
import { AppError } from '../../common/contracts/errors.js';
import type { ModelEntity } from '../../common/database/model.entity.js';
import type { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { LlamaModel, type LoraAdapter } from '../../common/llama/model.js';
import { ChatTemplate } from '../data/chat-template.js';
import { halveCapacity, measureCapacity, type Capacity } from './capacity.js';
import { conversationFolder } from './conversation-folder.js';
import { Embedder } from './embedder.js';
import { toLibraryOptions } from './library-options.js';
import { BatchLoop } from './loop/batch-loop.js';

/** Caches of idle conversations, beside the slots: in memory, then on disk. */
const parkedMemoryBytes = 256 * 2 ** 20;
const parkedDiskBytes = 2 * 2 ** 30;

export class ResidentModel implements AsyncDisposable {
  readonly template: ChatTemplate;
  /** Answers and embeddings under way. */
  users = 0;
  lastUsedAt = Date.now();
  readonly #adapters = new Map<string, Promise<LoraAdapter>>();
  #embedder: Embedder | null = null;

  private constructor(
    readonly row: ModelEntity,
    readonly model: LlamaModel,
    readonly loop: BatchLoop,
    readonly capacity: Capacity,
    private readonly dataDir: string,
  ) {
    this.template = new ChatTemplate(model.vocabulary);
  }

  /** @throws AppError `GGUF_MISSING`, `GGUF_INVALID`, `ENGINE_OUT_OF_MEMORY`, `MODEL_TEMPLATE_INVALID` */
  static async load(row: ModelEntity, config: Config): Promise<ResidentModel> {
    const file = path.resolve(config.dataDir, row.path);
    const model = await LlamaModel.open(file, toLibraryOptions(config));
    let loop: BatchLoop | undefined;
    try {
      const folder = conversationFolder(config.dataDir, row.id);
      const opened = await openLoop(model, { folder, threads: config.threads });
      loop = opened.loop;
      return new ResidentModel(row, model, loop, opened.capacity, config.dataDir);
    } catch (error) {
      await loop?.[Symbol.asyncDispose]();
      model[Symbol.dispose]();
      throw error;
    }
  }

  /** Weights and caches, as reckoned. */
  get memoryBytes(): number {
    const { slots, contextTokens } = this.capacity;
    return this.model.sizeBytes + slots * contextTokens * this.model.cacheBytesPerToken;
  }

  /** Name and device of what computes, for the provenance. */
  get engine(): string {
    const { api, device } = this.model;
    return `llama.cpp ${api.version()} (${device})`;
  }

  /** Opened on first use, kept as long as the model. @returns null for the base itself */
  async adapterOf(version: ModelVersionEntity): Promise<LoraAdapter | null> {
    if (version.adapterPath === null) return null;
    const file = path.resolve(this.dataDir, version.adapterPath);
    const opening = this.#adapters.get(version.id) ?? this.model.openAdapter(file);
    this.#adapters.set(version.id, opening);
    try {
      return await opening;
    } catch (error) {
      this.#adapters.delete(version.id);
      throw error;
    }
  }

  get embedder(): Embedder {
    return (this.#embedder ??= new Embedder(this.model, this.capacity.threads));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.loop[Symbol.asyncDispose]();
    await this.#embedder?.[Symbol.asyncDispose]();
    this.model[Symbol.dispose]();
  }
}

/** With as many slots as were planned, or as many as the device gives. */
async function openLoop(
  model: LlamaModel,
  { folder, threads }: { folder: string; threads: number | null },
): Promise<{ loop: BatchLoop; capacity: Capacity }> {
  const parking = { memoryBytes: parkedMemoryBytes, diskBytes: parkedDiskBytes, folder };
  let capacity: Capacity | null = await measureCapacity(model, threads);
  for (;;) {
    try {
      return { loop: new BatchLoop(model, { ...capacity, parking }), capacity };
    } catch (error) {
      capacity = halveCapacity(capacity);
      if (!capacity || !(error instanceof AppError) || error.code !== 'ENGINE_OUT_OF_MEMORY') throw error;
    }
  }
}
