import { randomUUID } from 'node:crypto';
import { In, type DataSource } from 'typeorm';
import { isObtainable, readCatalogue } from '../../common/config/catalogue.js';
import type { Config } from '../../common/config/config.js';
import type { CatalogueEntry, Download } from '../../common/contracts/models.js';
import { nameOfSource } from '../../common/contracts/source-name.js';
import { DownloadEntity } from '../../common/database/download.entity.js';
import { ModelEntity } from '../../common/database/model.entity.js';

/** Ends that leave a download without its model. */
const withoutModel: Download['state'][] = ['failed', 'cancelled'];

/**
 * Asks for the model to serve: `ATTUNE_MODEL`, which becomes the default once it is here, else the catalogue's default when this installation
 * has no model at all. Again at each start until it is here; from then on what an admin makes the default stays.
 *
 * @returns the id of the download that was queued; null when nothing is to be fetched
 */
export async function requestDefaultModel(dataSource: DataSource, config: Config): Promise<string | null> {
  if (config.model === null) {
    const empty = !(await dataSource.getRepository(ModelEntity).exists());
    return empty ? requestAgain(dataSource, readCatalogue().default) : null;
  }
  const name = nameOfSource(config.model) || config.model;
  return requestAgain(dataSource, { name, sources: [{ source: config.model }] });
}

/**
 * Asks for the model that lies in the repository, when this installation still has none: what serves where nothing can be fetched.
 *
 * @returns the id of the new download; null when there is a model, or the bundled one is not there or was asked for already
 */
export async function requestBundledModel(dataSource: DataSource): Promise<string | null> {
  const { bundled } = readCatalogue();
  if (!isObtainable(bundled) || (await dataSource.getRepository(ModelEntity).exists())) return null;
  const earlier = await listRequests(dataSource, bundled);
  return earlier.length === 0 ? request(dataSource, bundled) : null;
}

type Wanted = Pick<CatalogueEntry, 'name' | 'sources'> & Partial<Pick<CatalogueEntry, 'id' | 'licence'>>;

/** Goes on with what failed or was cancelled rather than beginning anew. @returns null when it is here or on its way */
async function requestAgain(dataSource: DataSource, wanted: Wanted): Promise<string | null> {
  const earlier = await listRequests(dataSource, wanted);
  if (earlier.some(({ state }) => !withoutModel.includes(state))) return null;
  const [last] = earlier;
  if (!last) return request(dataSource, wanted);
  const again = { state: 'queued', error: null, makeDefault: true } as const;
  await dataSource.getRepository(DownloadEntity).update({ id: last.id, state: In(withoutModel) }, again);
  return last.id;
}

/** The downloads that were asked for the same, the last one first. */
async function listRequests(dataSource: DataSource, { sources }: Wanted): Promise<DownloadEntity[]> {
  const rows = await dataSource.getRepository(DownloadEntity).find({ order: { createdAt: 'DESC' } });
  return rows.filter((row) => row.sources[0]?.source === sources[0]?.source);
}

async function request(dataSource: DataSource, wanted: Wanted): Promise<string> {
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
