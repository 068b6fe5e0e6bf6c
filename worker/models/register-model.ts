import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { IsNull, type DataSource, type EntityManager } from 'typeorm';
import { ModelEntity } from '../../common/database/model.entity.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import type { ObtainedFile } from './obtain-file.js';
import { freeVersionName } from './version-name.js';

export interface Registration {
  name: string;
  catalogueId: string | null;
  licence: string | null;
  /** Also becomes the default without this when there is none yet. */
  makeDefault: boolean;
}

/**
 * Makes an obtained file a model that can answer: the model's row and its untuned version.
 *
 * @param dataDir  folder that stored paths are relative to, so that the folder can move
 * @returns the model's id; that of the model already there when the same file was obtained before
 */
export async function registerModel(
  dataSource: DataSource,
  file: ObtainedFile,
  { name, catalogueId, licence, makeDefault, dataDir }: Registration & { dataDir: string },
): Promise<string> {
  return dataSource.transaction(async (manager) => {
    await manager.query(`LOCK TABLE models IN SHARE ROW EXCLUSIVE MODE`);
    const existing = await manager.findOneBy(ModelEntity, { sha256: file.sha256 });
    const id = existing?.id ?? randomUUID();
    if (!existing) {
      await manager.insert(ModelEntity, {
        id,
        name,
        catalogueId,
        licence,
        source: file.source,
        path: toStoredPath(file.path, dataDir),
        sizeBytes: file.sizeBytes,
        sha256: file.sha256,
        architecture: file.architecture,
        parameters: file.parameters,
        contextTokens: file.contextTokens,
      });
      await manager.insert(ModelVersionEntity, {
        id: randomUUID(),
        modelId: id,
        name: await freeVersionName(manager, name),
        isLive: true,
      });
    } else if (catalogueId) {
      // It was added as a file; the catalogue is to know that it is here.
      await manager.update(ModelEntity, { id, catalogueId: IsNull() }, { catalogueId, licence });
    }
    const hasDefault = await manager.existsBy(ModelEntity, { isDefault: true });
    if (makeDefault || !hasDefault) await setDefault(manager, id);
    return id;
  });
}

async function setDefault(manager: EntityManager, id: string): Promise<void> {
  await manager.update(ModelEntity, { isDefault: true }, { isDefault: false });
  await manager.update(ModelEntity, { id }, { isDefault: true });
}

function toStoredPath(file: string, dataDir: string): string {
  const relative = path.relative(dataDir, file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}
