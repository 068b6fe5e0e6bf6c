import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { catalogueSchema, downloadSchema, modelListSchema } from '../../common/contracts/models.js';
import { createDataSource } from '../../common/database/data-source.js';
import { ModelEntity } from '../../common/database/model.entity.js';
import { downloadCancelChannel } from '../../common/queue/model-signals.js';
import type { ObtainedFile } from '../../worker/models/obtain-file.js';
import { registerModel } from '../../worker/models/register-model.js';
import { setUpAdmin, type ApiClient } from '../support/api-client.js';
import { FileServer } from '../support/file-server.js';
import { startProgram, startServer, type RunningProgram, type RunningServer } from '../support/programs.js';
import {
  createTestDatabase,
  createTestRedis,
  type TestDatabase,
  type TestRedis,
} from '../support/services.js';
import { writeTinyModel } from '../support/tiny-model.js';

let folder: string;
let database: TestDatabase;
let redis: TestRedis;
let files: FileServer;
let server: RunningServer;
let worker: RunningProgram;
let admin: ApiClient;

const startWorker = () =>
  startProgram('worker/models/main', {
    databaseUrl: database.url,
    redisUrl: redis.url,
    dataDir: folder,
    environment: { ATTUNE_MODEL: `file:${path.join(folder, 'first.gguf')}` },
  });

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'attune-models-'));
  await writeTinyModel(path.join(folder, 'first.gguf'));
  await writeTinyModel(path.join(folder, 'second.gguf'), { seed: 2 });
  [database, redis, files] = await Promise.all([createTestDatabase(), createTestRedis(), FileServer.start()]);
  files.body = await readFile(path.join(folder, 'second.gguf'));
  const services = { databaseUrl: database.url, redisUrl: redis.url, dataDir: folder };
  server = await startServer(services);
  worker = startWorker();
  ({ client: admin } = await setUpAdmin(server.url, database.url));
});
afterAll(async () => {
  await Promise.all([worker.stop(), server.stop()]);
  await Promise.all([database.drop(), redis.release(), files[Symbol.asyncDispose]()]);
  await rm(folder, { recursive: true });
});

const list = async () => modelListSchema.parse((await admin.get('/api/models')).body);
const downloads = async () => catalogueSchema.parse((await admin.get('/api/catalogue')).body).downloads;
const until = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 15_000, interval: 50 });
const add = async (body: unknown) => downloadSchema.parse((await admin.post('/api/models', body)).body);
const fetchSecond = () => add({ source: `${files.url}/second.gguf`, name: 'Second Model' });
const untilModels = (count: number) => until(async () => expect((await list()).models).toHaveLength(count));

describe('the shelf of models', () => {
  it('gets the model that ATTUNE_MODEL names and serves it by default, where it lies', async () => {
    await untilModels(1);
    const { models, versions } = await list();
    expect(models[0]).toMatchObject({ name: 'first', isDefault: true, architecture: 'llama' });
    expect(versions[0]).toMatchObject({
      modelId: models[0]?.id,
      name: 'first',
      hasAdapter: false,
      isLive: true,
    });
  });

  it('stops a download when it is cancelled, keeps what came, and goes on when it is resumed', async () => {
    files.chunkDelayMs = 30;
    const { id } = await fetchSecond();
    await until(async () => expect((await downloads())[0]).toMatchObject({ id, state: 'running' }));
    expect((await admin.delete(`/api/downloads/${id}`)).status).toBe(204);
    await until(async () => expect(await readdir(path.join(folder, 'models', 'partial'))).not.toEqual([]));
    expect(await downloads()).toMatchObject([{ id, state: 'cancelled' }]);

    files.chunkDelayMs = 0;
    expect((await admin.post(`/api/downloads/${id}/resume`)).status).toBe(204);
    await untilModels(2);
    expect(files.requests.at(-1)?.headers.range).toMatch(/^bytes=\d+-$/);
    expect((await admin.delete(`/api/downloads/${id}`)).body).toMatchObject({ code: 'MODEL_DOWNLOAD_ENDED' });
  });

  it('goes on with a download that was resumed before its cancelled job had let go', async () => {
    files.chunkDelayMs = 30;
    const { id } = await fetchSecond();
    await until(async () => expect((await downloads())[0]).toMatchObject({ id, state: 'running' }));
    const asked = files.requests.length;
    const signals = new Redis(redis.url);
    await signals.publish(downloadCancelChannel, id);
    signals.disconnect();
    files.chunkDelayMs = 0;
    await until(async () => expect(await downloads()).toEqual([]));
    expect(files.requests.length).toBeGreaterThan(asked);
  });

  it('resumes no download beside another of the same model', async () => {
    const catalogueId = catalogueSchema.parse((await admin.get('/api/catalogue')).body).items[0]?.id;
    const [stopped, running] = [randomUUID(), randomUUID()];
    const db = await createDataSource(database.url, { poolSize: 1 }).initialize();
    await db.query(
      `INSERT INTO downloads (id, name, catalogue_id, sources, state)
       VALUES ($1, 'x', $3, '[]', 'cancelled'), ($2, 'x', $3, '[]', 'running')`,
      [stopped, running, catalogueId],
    );
    const reply = await admin.post(`/api/downloads/${stopped}/resume`);
    await db.query(`DELETE FROM downloads WHERE catalogue_id = $1`, [catalogueId]);
    await db.destroy();
    expect(reply).toMatchObject({ status: 409, body: { code: 'MODEL_DOWNLOAD_BESIDE' } });
  });

  it('forgets a download that was cancelled, with what came of it', async () => {
    files.chunkDelayMs = 30;
    const { id } = await fetchSecond();
    const partials = async () =>
      (await readdir(path.join(folder, 'models', 'partial'))).filter((name) => name.startsWith(id));
    await until(async () => expect(await partials()).not.toEqual([]));
    expect((await admin.delete(`/api/downloads/${id}`)).status).toBe(204);
    expect((await admin.post(`/api/downloads/${id}/forget`)).status).toBe(204);
    expect(await downloads()).toEqual([]);
    await until(async () => expect(await partials()).toEqual([]));
    expect((await admin.post(`/api/downloads/${id}/resume`)).status).toBe(404);
    files.chunkDelayMs = 0;
  });

  it('changes the default and refuses to delete it', async () => {
    const second = (await list()).models.find(({ name }) => name === 'Second Model');
    expect((await admin.post(`/api/models/${second?.id}/default`)).status).toBe(204);
    expect((await list()).models.filter(({ isDefault }) => isDefault)).toMatchObject([
      { name: 'Second Model' },
    ]);
    expect((await admin.delete(`/api/models/${second?.id}`)).body).toMatchObject({ code: 'MODEL_IN_USE' });
  });

  it('knows a model that lay here before as the one of the catalogue, once that gives the same file', async () => {
    const db = await createDataSource(database.url, { poolSize: 1 }).initialize();
    const [entry] = catalogueSchema.parse((await admin.get('/api/catalogue')).body).items;
    const known = await db.getRepository(ModelEntity).findOneByOrFail({ name: 'first' });
    const file: ObtainedFile = { ...known, title: null, path: path.join(folder, 'again.gguf') };
    const registration = { name: 'again', catalogueId: entry?.id ?? '', licence: 'MIT', makeDefault: false };
    expect(await registerModel(db, file, { ...registration, dataDir: folder })).toBe(known.id);
    await db.destroy();
    const { items } = catalogueSchema.parse((await admin.get('/api/catalogue')).body);
    expect(items[0]).toMatchObject({ id: entry?.id, modelId: known.id });
    expect((await list()).models).toMatchObject([{ name: 'first', licence: 'MIT' }, {}]);
  });

  it('deletes a model with its file, but never a file that it did not fetch', async () => {
    const { models } = await list();
    const [first, second] = models;
    expect((await admin.delete(`/api/models/${first?.id}`)).status).toBe(204);
    await writeTinyModel(path.join(folder, 'third.gguf'), { seed: 3 });
    await add({ source: `file:${path.join(folder, 'third.gguf')}`, name: 'Third' });
    await untilModels(2);
    const third = (await list()).models.find(({ name }) => name === 'Third');
    await admin.post(`/api/models/${third?.id}/default`);
    expect((await admin.delete(`/api/models/${second?.id}`)).status).toBe(204);
    await until(async () =>
      expect((await readdir(path.join(folder, 'models'))).filter((name) => name.endsWith('.gguf'))).toEqual(
        [],
      ),
    );
    expect(await readdir(folder)).toContain('first.gguf');
  });

  it('says why a file cannot be used, and the model that runs stays', async () => {
    const before = await list();
    files.body = Buffer.from('<html>sign in</html>');
    const { id } = await fetchSecond();
    await until(async () =>
      expect((await downloads()).find((download) => download.id === id)).toMatchObject({
        state: 'failed',
        error: { code: 'GGUF_INVALID' },
      }),
    );
    expect(await list()).toEqual(before);
  });

  it('goes on with a download after its worker was killed', async () => {
    files.body = await readFile(path.join(folder, 'second.gguf'));
    files.chunkDelayMs = 20;
    const { id } = await fetchSecond();
    await until(async () =>
      expect((await downloads()).find((download) => download.id === id)).toMatchObject({ state: 'running' }),
    );
    await worker.kill();
    files.chunkDelayMs = 0;
    worker = startWorker();
    // BullMQ gives a dead worker's job back only after its lock has run out.
    await vi.waitFor(async () => expect((await list()).models).toHaveLength(2), {
      timeout: 50_000,
      interval: 200,
    });
  });

  it.each([
    { source: 'nonsense', name: 'x' },
    { source: 'file:/x', name: '' },
    { catalogueId: 'unknown', extra: 1 },
    {},
  ])('refuses %j', async (body) => {
    expect((await admin.post('/api/models', body)).body).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('tells that there is no such catalogue entry, model or download', async () => {
    const unknown = 'a3bb189e-8bf9-4888-9912-ace4e6543002';
    const answers = await Promise.all([
      admin.post('/api/models', { catalogueId: 'unknown' }),
      admin.delete(`/api/models/${unknown}`),
      admin.post(`/api/models/${unknown}/default`),
      admin.post(`/api/downloads/${unknown}/resume`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  });
});
