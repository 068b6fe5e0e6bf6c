/**
 * The models in memory: the default one always, others as they are asked for, within a budget; who has been idle longest makes room.
 *
 * A model that cannot be loaded is an error for those who asked for it; those that run stay.
 */
import type { DataSource } from 'typeorm';
import type { Config } from '../../common/config/config.js';
import { AppError } from '../../common/contracts/errors.js';
import { ModelEntity } from '../../common/database/model.entity.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { findGpuMemory } from '../../common/llama/gpu-memory.js';
import type { LoraAdapter } from '../../common/llama/model.js';
import type { Logger } from '../../common/logging/logger.js';
import { totalMemory } from '../../common/machine/memory.js';
import { toLibraryOptions } from './library-options.js';
import { ResidentModel } from './resident-model.js';

/** Share of the memory that resident models may take: of the machine's, and of the GPU's. */
const memoryShare = 0.6;
const gpuMemoryShare = 0.75;

export interface Lease extends Disposable {
  resident: ResidentModel;
  version: ModelVersionEntity;
  adapter: LoraAdapter | null;
}

export class ResidentModels implements AsyncDisposable {
  readonly #residents = new Map<string, ResidentModel>();
  /** As read since the last refresh. */
  readonly #versions = new Map<string, ModelVersionEntity>();
  readonly #loading = new Map<string, Promise<ResidentModel>>();
  /** Loads and unloads happen one after another. */
  #last: Promise<unknown> = Promise.resolve();
  #defaultId: string | null = null;
  /** Why the default model is not here. */
  defaultError: AppError | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: Config,
    private readonly log: Logger,
  ) {}

  get all(): readonly ResidentModel[] {
    return [...this.#residents.values()];
  }

  get isLoading(): boolean {
    return this.#loading.size > 0;
  }

  /** The default model, once it is here. */
  get defaultResident(): ResidentModel | null {
    return this.#residents.get(this.#defaultId ?? '') ?? null;
  }

  get hasDefault(): boolean {
    return this.#defaultId !== null;
  }

  /**
   * A version to answer with, held in memory until the lease is disposed of.
   *
   * @throws AppError `GENERATION_MODEL_MISSING`, and what loading throws
   */
  async lease(modelVersionId: string): Promise<Lease> {
    const version = await this.#getVersion(modelVersionId);
    const resident = await this.#hold(version.model);
    const release = () => {
      resident.users--;
      resident.lastUsedAt = Date.now();
    };
    try {
      const adapter = await resident.adapterOf(version);
      return { resident, version, adapter, [Symbol.dispose]: release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Follows what Postgres says: loads a new default, drops what is gone. */
  async refresh(): Promise<void> {
    this.#versions.clear();
    const rows = await this.dataSource.getRepository(ModelEntity).find();
    const chosen = rows.find((row) => row.isDefault) ?? null;
    this.#defaultId = chosen?.id ?? null;
    const known = new Set(rows.map((row) => row.id));
    for (const resident of this.all)
      if (!known.has(resident.row.id)) await this.#inTurn(() => this.#dropIdle(resident));
    if (!chosen || this.#residents.has(chosen.id)) {
      this.defaultError = null;
      return;
    }
    try {
      await this.#load(chosen);
      this.defaultError = null;
    } catch (error) {
      const fault =
        error instanceof AppError ? error : new AppError('SERVER_FAULT', { requestId: 'boot' }, error);
      if (this.defaultError?.message !== fault.message)
        this.log.error({ err: error, modelId: chosen.id }, 'default model cannot be loaded');
      this.defaultError = fault;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last.catch(() => undefined);
    for (const resident of this.all) await resident[Symbol.asyncDispose]();
  }

  async #getVersion(id: string): Promise<ModelVersionEntity> {
    const known = this.#versions.get(id);
    if (known) return known;
    const version = await this.dataSource
      .getRepository(ModelVersionEntity)
      .findOne({ where: { id }, relations: { model: true } });
    if (!version) throw new AppError('GENERATION_MODEL_MISSING', { modelVersionId: id });
    this.#versions.set(id, version);
    return version;
  }

  /** Counts as a user before anything is awaited, so that nobody drops it in between. */
  async #hold(row: ModelEntity): Promise<ResidentModel> {
    const resident = this.#residents.get(row.id) ?? (await this.#load(row));
    resident.users++;
    if (this.#residents.get(row.id) === resident) return resident;
    resident.users--;
    return this.#hold(row);
  }

  #load(row: ModelEntity): Promise<ResidentModel> {
    const loading = this.#loading.get(row.id) ?? this.#inTurn(() => this.#loadNow(row));
    this.#loading.set(row.id, loading);
    const forget = () => this.#loading.delete(row.id);
    loading.then(forget, forget);
    return loading;
  }

  async #loadNow(row: ModelEntity): Promise<ResidentModel> {
    const present = this.#residents.get(row.id);
    if (present) return present;
    await this.#makeRoom(row);
    const startedAt = performance.now();
    const resident = await ResidentModel.load(row, this.config);
    this.#residents.set(row.id, resident);
    const { slots, contextTokens, threads } = resident.capacity;
    const ms = Math.round(performance.now() - startedAt);
    this.log.info({ modelId: row.id, model: row.name, slots, contextTokens, threads, ms }, 'model is loaded');
    return resident;
  }

  async #makeRoom(row: ModelEntity): Promise<void> {
    const machine = totalMemory() * memoryShare;
    const gpu = ((await findGpuMemory(toLibraryOptions(this.config)))?.totalBytes ?? 0) * gpuMemoryShare;
    // All on the GPU if there is one; a model that is larger than that is split between both.
    const [budget, limit] = [gpu || machine, machine + gpu];
    const total = () => this.all.reduce((sum, resident) => sum + resident.memoryBytes, row.sizeBytes);
    const idle = () =>
      this.all
        .filter((resident) => resident.users === 0)
        .sort((a, b) => rank(a, this.#defaultId) - rank(b, this.#defaultId));
    while (total() > budget) {
      const [longest] = idle();
      if (!longest) break;
      await this.#drop(longest);
    }
    if (total() <= limit) return;
    throw new AppError('ENGINE_OUT_OF_MEMORY', {
      what: row.name,
      neededMb: Math.ceil(row.sizeBytes / 1e6),
      device: 'this machine',
    });
  }

  /** When its turn comes, somebody may have begun to use it, or have dropped it. */
  async #dropIdle(resident: ResidentModel): Promise<void> {
    const isHere = this.#residents.get(resident.row.id) === resident;
    if (isHere && resident.users === 0) await this.#drop(resident);
  }

  async #drop(resident: ResidentModel): Promise<void> {
    this.#residents.delete(resident.row.id);
    this.log.info({ modelId: resident.row.id }, 'model is unloaded');
    await resident[Symbol.asyncDispose]();
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** The default model goes last. */
const rank = (resident: ResidentModel, defaultId: string | null) =>
  resident.row.id === defaultId ? Infinity : resident.lastUsedAt;
