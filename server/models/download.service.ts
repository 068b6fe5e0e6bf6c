import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, In, Not, QueryFailedError } from 'typeorm';
import { isObtainable, readCatalogue } from '../../common/config/catalogue.js';
import { AppError } from '../../common/contracts/errors.js';
import type { AddModel, CatalogueView, Download } from '../../common/contracts/models.js';
import { DownloadEntity } from '../../common/database/download.entity.js';
import { ModelEntity } from '../../common/database/model.entity.js';
import { totalMemory } from '../../common/machine/memory.js';
import { ModelsQueue } from './models.queue.js';

/** Share of the memory that a model may take; the rest is for the system and the other programs. */
const usableMemoryShare = 0.8;
const unfinished: Download['state'][] = ['queued', 'running', 'verifying'];
const resumable: Download['state'][] = ['cancelled', 'failed'];

@Injectable()
export class DownloadService {
  readonly #catalogue = readCatalogue();

  constructor(
    private readonly dataSource: DataSource,
    private readonly queue: ModelsQueue,
  ) {}

  async viewCatalogue(): Promise<CatalogueView> {
    const [models, downloads] = await Promise.all([
      this.dataSource.getRepository(ModelEntity).find({ select: { id: true, catalogueId: true } }),
      this.#rows.find({ where: { state: Not('complete') }, order: { createdAt: 'DESC' } }),
    ]);
    const modelIds = new Map(models.map(({ id, catalogueId }) => [catalogueId, id]));
    return {
      items: this.#catalogue.models.filter(isObtainable).map((entry) => ({
        ...entry,
        fits: entry.memoryBytes <= totalMemory() * usableMemoryShare,
        modelId: modelIds.get(entry.id) ?? null,
      })),
      downloads: downloads.map(toDownload),
    };
  }

  /** Starts fetching; asking again for a catalogue's model that is on its way answers with that download. */
  async create(wanted: AddModel): Promise<Download> {
    const row = { id: randomUUID(), ...this.#describe(wanted) };
    try {
      await this.#rows.insert(row);
    } catch (error) {
      const running =
        isUniqueViolation(error) && 'catalogueId' in wanted ? await this.#findRunning(wanted) : null;
      if (!running) throw error;
      return toDownload(running);
    }
    await this.queue.enqueueObtain(row.id);
    return toDownload(await this.#rows.findOneByOrFail({ id: row.id }));
  }

  /** Stops fetching; what was received stays for a resume. */
  async cancel(id: string): Promise<void> {
    await this.#change(id, unfinished, { state: 'cancelled' });
    await this.queue.cancelObtain(id);
  }

  /** @throws AppError `MODEL_DOWNLOAD_BESIDE` where the catalogue's model is on its way by another download */
  async resume(id: string): Promise<void> {
    await this.#change(id, resumable, { state: 'queued', error: null }).catch((error: unknown) => {
      throw isUniqueViolation(error) ? new AppError('MODEL_DOWNLOAD_BESIDE', {}, error) : error;
    });
    await this.queue.enqueueObtain(id);
  }

  /** Stops it where it is under way, and takes it off the list with what was received. */
  async forget(id: string): Promise<void> {
    const { affected } = await this.#rows.delete({ id, state: Not('complete') });
    if (!affected) throw await this.#explain(id);
    await this.queue.cancelObtain(id);
    await this.queue.enqueueForget(id);
  }

  get #rows() {
    return this.dataSource.getRepository(DownloadEntity);
  }

  #describe(wanted: AddModel): Pick<DownloadEntity, 'name' | 'catalogueId' | 'licence' | 'sources'> {
    if (!('catalogueId' in wanted)) {
      const { source, sha256, name } = wanted;
      return { name, catalogueId: null, licence: null, sources: [{ source, ...(sha256 && { sha256 }) }] };
    }
    const entry = this.#catalogue.models.find(({ id }) => id === wanted.catalogueId);
    if (!entry) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'catalogue entry' });
    const sources = entry.sources.map(({ source, sha256 }) => ({ source, ...(sha256 && { sha256 }) }));
    return { name: entry.name, catalogueId: entry.id, licence: entry.licence, sources };
  }

  #findRunning({ catalogueId }: { catalogueId: string }): Promise<DownloadEntity | null> {
    return this.#rows.findOneBy({ catalogueId, state: In(unfinished) });
  }

  /** One statement, so that of two people pressing at once one is told. */
  async #change(
    id: string,
    from: Download['state'][],
    to: { state: Download['state']; error?: null },
  ): Promise<void> {
    const { affected } = await this.#rows.update({ id, state: In(from) }, to);
    if (!affected) throw await this.#explain(id);
  }

  /** Why a download was not in a state to be changed. */
  async #explain(id: string): Promise<AppError> {
    const row = await this.#rows.findOneBy({ id });
    return row
      ? new AppError('MODEL_DOWNLOAD_ENDED', { state: row.state })
      : new AppError('RESOURCE_NOT_FOUND', { resource: 'download' });
  }
}

const isUniqueViolation = (error: unknown): boolean =>
  error instanceof QueryFailedError && (error.driverError as { code?: string }).code === '23505';

const toDownload = (row: DownloadEntity): Download => ({
  id: row.id,
  name: row.name,
  catalogueId: row.catalogueId,
  state: row.state,
  receivedBytes: row.receivedBytes,
  totalBytes: row.totalBytes,
  source: row.source,
  error: row.error,
  modelId: row.modelId,
  createdAt: row.createdAt.toISOString(),
});
