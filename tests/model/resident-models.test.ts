/** What the worker holds in memory, as Postgres's rows come and go. */
import { randomUUID } from 'node:crypto';
import pino from 'pino';
import type { DataSource } from 'typeorm';
import { expect, it } from 'vitest';
import { readConfig } from '../../common/config/config.js';
import type { ModelEntity } from '../../common/database/model.entity.js';
import { ResidentModels } from '../../worker/inference/resident-models.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testMachine } from '../support/test-device.js';
import { writeTinyModel } from '../support/tiny-model.js';

const fileNamed = temporaryFolder();

async function makeModel(name: string, isDefault: boolean): Promise<ModelEntity> {
  const file = fileNamed(`${name}.gguf`);
  await writeTinyModel(file, { contextLength: 256 });
  return { id: randomUUID(), name, path: file, sizeBytes: 1, isDefault } as ModelEntity;
}

it('lets a model that was deleted go once, however often it is looked for while another is loaded', async () => {
  const [old, next] = [await makeModel('old', true), await makeModel('next', true)];
  let rows = [old];
  const dataSource = { getRepository: () => ({ find: async () => rows }) } as unknown as DataSource;
  const config = {
    ...readConfig({ ATTUNE_DATA_DIR: fileNamed('data') }),
    gpu: testMachine.gpu,
    llamaDir: testMachine.llamaDirectory,
  };
  const residents = new ResidentModels(dataSource, config, pino({ enabled: false }));
  await residents.refresh();
  expect(residents.all.map(({ row }) => row.name)).toEqual(['old']);

  rows = [next];
  await Promise.all([residents.refresh(), residents.refresh(), residents.refresh()]);
  expect(residents.all.map(({ row }) => row.name)).toEqual(['next']);
  expect(residents.defaultResident?.row.name).toBe('next');
  await residents[Symbol.asyncDispose]();
});
