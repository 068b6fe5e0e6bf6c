import type { EntityManager } from 'typeorm';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';

/** The API's name of a model: its own in lower case, with a number behind it when that is taken. */
export async function freeVersionName(manager: EntityManager, name: string): Promise<string> {
  const base =
    name
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}.]+/gu, '-')
      .replaceAll(/^-+|-+$/g, '') || 'model';
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? base : `${base}-${number}`;
    if (!(await manager.existsBy(ModelVersionEntity, { name: candidate }))) return candidate;
  }
}
