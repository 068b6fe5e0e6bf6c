/** An act that was done is done, though what it changed cannot be read again: told as a failure, it would be done twice. */
import { beforeEach, it, vi } from 'vitest';
import { DatasetShelf } from '../../../web/src/lib/datasets/dataset-shelf.svelte.js';
import { ModelAdmin } from '../../../web/src/lib/models/model-admin.svelte.js';
import type { Models } from '../../../web/src/lib/models/models.svelte.js';
import { VersionShelf } from '../../../web/src/lib/evaluations/version-shelf.svelte.js';
import { QueueShelf } from '../../../web/src/lib/rating/queue-shelf.svelte.js';
import { CircleView } from '../../../web/src/lib/rounds/circle-view.svelte.js';

const models = { versions: [], load: () => Promise.reject(new Error('offline')) } as unknown as Models;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', (_: string, { method }: RequestInit) =>
    method === 'GET' ? Promise.reject(new TypeError('offline')) : Promise.resolve(new Response('{}')),
  );
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

it.each<[string, () => Promise<unknown>]>([
  ['a queue', () => new QueueShelf().update('queue', { isOpen: false })],
  ['a round', () => new CircleView().begin()],
  ['a roll-back', () => new VersionShelf(models).rollBack('model')],
  ['a file', () => new DatasetShelf().upload(new File([], 'rows.csv'), { name: 'Rows', format: 'csv' })],
  ['a default model', () => new ModelAdmin(models).makeDefault('model')],
])('does not fail with the look that follows it: %s', async (_, act) => {
  await act();
});
