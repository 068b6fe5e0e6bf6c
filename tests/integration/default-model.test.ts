/** Which model an installation asks for by itself when it starts. */
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCatalogue } from '../../common/config/catalogue.js';
import { readConfig } from '../../common/config/config.js';
import type { Download } from '../../common/contracts/models.js';
import { createDataSource } from '../../common/database/data-source.js';
import { DownloadEntity } from '../../common/database/download.entity.js';
import { requestBundledModel, requestDefaultModel } from '../../worker/models/default-model.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';

let database: TestDatabase;
let db: DataSource;
beforeEach(async () => {
  database = await createTestDatabase();
  db = await createDataSource(database.url, { poolSize: 1 }).initialize();
});
afterEach(async () => {
  await db.destroy();
  await database.drop();
});

const downloads = () => db.getRepository(DownloadEntity);
const start = (model?: string) => requestDefaultModel(db, readConfig({ ATTUNE_MODEL: model }));
const end = (id: string | null, state: Download['state']) => downloads().update({ id: id ?? '' }, { state });

describe.each(['file:/models/one.gguf', undefined])('the model to serve, with ATTUNE_MODEL=%s', (model) => {
  it.each(['failed', 'cancelled'] as const)(
    'is asked for again, in the same row, when its state is %s',
    async (state) => {
      const id = await start(model);
      await end(id, state);
      expect(await start(model)).toBe(id);
      expect(await downloads().find()).toMatchObject([{ state: 'queued', makeDefault: true, error: null }]);
    },
  );

  it.each(['running', 'complete'] as const)('is not asked for again when it is %s', async (state) => {
    await end(await start(model), state);
    expect(await start(model)).toBeNull();
  });
});

it('asks for a source that was never asked for', async () => {
  await end(await start('file:/models/one.gguf'), 'complete');
  expect(await start('file:/models/two.gguf')).not.toBeNull();
});

it('asks for the bundled model once, as it is asked whenever another fails', async () => {
  const id = await requestBundledModel(db);
  expect(await downloads().findOneBy({ id: id ?? '' })).toMatchObject({ name: readCatalogue().bundled.name });
  await end(id, 'failed');
  expect(await requestBundledModel(db)).toBeNull();
});
