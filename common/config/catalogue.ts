import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { catalogueEntrySchema, type CatalogueEntry } from '../contracts/models.js';
import { repositoryRoot } from './repository.js';

const catalogueFileSchema = z.strictObject({
  /** What is fetched when nothing is chosen. */
  default: z.string(),
  /** What serves where nothing can be fetched: the model that lies in the repository. */
  bundled: z.string(),
  models: z.array(catalogueEntrySchema),
});

export interface Catalogue {
  default: CatalogueEntry;
  bundled: CatalogueEntry;
  models: readonly CatalogueEntry[];
}

/** `models/catalogue.json`: the models that Attune knows how to get. A `file:` source in it is relative to the repository. */
export function readCatalogue(): Catalogue {
  const text = readFileSync(path.join(repositoryRoot, 'models', 'catalogue.json'), 'utf8');
  const { models, ...chosen } = catalogueFileSchema.parse(JSON.parse(text));
  const get = (id: string): CatalogueEntry => {
    const entry = models.find((candidate) => candidate.id === id);
    if (!entry) throw new TypeError(`models/catalogue.json names ${id} but does not list it`);
    return entry;
  };
  return { default: get(chosen.default), bundled: get(chosen.bundled), models };
}

/** Whether an entry can be asked for: one that lies in the repository only where it does. */
export function isObtainable({ sources }: CatalogueEntry): boolean {
  return sources.some(({ source }) => {
    const file = /^file:(.+)$/.exec(source)?.[1];
    return file === undefined || existsSync(path.resolve(repositoryRoot, file));
  });
}
