import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { isObtainable, readCatalogue } from '../../common/config/catalogue.js';
import type { Config } from '../../common/config/config.js';
import type { CatalogueEntry } from '../../common/contracts/models.js';
import { nameOfSource } from '../../common/contracts/source-name.js';
import { DownloadEntity } from '../../common/database/download.entity.js';
import { ModelEntity } from '../../common/database/model.entity.js';

/**
 * Asks for the model to serve when this installation has none: `ATTUNE_MODEL`, else the catalogue's default. Also when `ATTUNE_MODEL` names
 * a source that was never asked for, which then becomes the default.
 *
 * @returns the id of the new download; null when nothing is to be fetched
 */
export async function requestDefaultModel(dataSource: DataSource, config: Config): Promise<string | null> {
  const { default: entry } = readCatalogue();
  if (config.model === null) {
    const empty = !(await dataSource.getRepository(ModelEntity).exists());
    return empty && !(await wasRequested(dataSource, entry.sources)) ? request(dataSource, entry) : null;
  }
  const sources = [{ source: config.model }];
  if (await wasRequested(dataSource, sources)) return null;
  const name = nameOfSource(config.model) || config.model;
  return request(dataSource, { name, sources });
}

/**
 * Asks for the model that lies in the repository, when this installation still has none: what serves where nothing can be fetched.
 *
 * @returns the id of the new download; null when there is a model, or the bundled one is not there or was asked for already
 */
export async function requestBundledModel(dataSource: DataSource): Promise<string | null> {
  const { bundled } = readCatalogue();
  if (!isObtainable(bundled)) return null;
  const needed = !(await dataSource.getRepository(ModelEntity).exists());
  return needed && !(await wasRequested(dataSource, bundled.sources)) ? request(dataSource, bundled) : null;
}

async function wasRequested(dataSource: DataSource, sources: DownloadEntity['sources']): Promise<boolean> {
  const rows = await dataSource.getRepository(DownloadEntity).find({ select: { id: true, sources: true } });
  return rows.some((row) => row.sources[0]?.source === sources[0]?.source);
}

async function request(
  dataSource: DataSource,
  wanted: Pick<CatalogueEntry, 'name' | 'sources'> & Partial<Pick<CatalogueEntry, 'id' | 'licence'>>,
): Promise<string> {
  const id = randomUUID();
  await dataSource.getRepository(DownloadEntity).insert({
    id,
    name: wanted.name,
    catalogueId: wanted.id ?? null,
    licence: wanted.licence ?? null,
    sources: wanted.sources as DownloadEntity['sources'],
    makeDefault: true,
  });
  return id;
}
