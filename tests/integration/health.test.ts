import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataSource } from '../../common/database/data-source.js';
import { modelListSchema } from '../../common/contracts/models.js';
import type { RunningRedis } from '../../bin/launcher/redis.js';
import { ApiClient, invite, setUpAdmin, testPassword, type Person } from '../support/api-client.js';
import { registerTestModel } from '../support/generations.js';
import {
  startInferenceWorker,
  startServer,
  waitFor,
  type ProgramOptions,
  type RunningProgram,
  type RunningServer,
} from '../support/programs.js';
import { createTestDatabase, startOwnRedis, type TestDatabase } from '../support/services.js';
import { writeTinyModel } from '../support/tiny-model.js';

let folder: string;
let database: TestDatabase;
let redis: RunningRedis & AsyncDisposable;
let options: ProgramOptions;
let server: RunningServer;
let worker: RunningProgram | undefined;
let client: ApiClient;
let admin: Person;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'attune-health-'));
  [database, redis] = await Promise.all([createTestDatabase(), startOwnRedis()]);
  options = { databaseUrl: database.url, redisUrl: redis.url, dataDir: path.join(folder, 'data') };
  server = await startServer(options);
  client = new ApiClient(server.url);
  admin = await setUpAdmin(server.url, database.url);
});
afterAll(async () => {
  await Promise.all([server[Symbol.asyncDispose](), worker?.[Symbol.asyncDispose]()]);
  await Promise.all([database.drop(), redis[Symbol.asyncDispose]()]);
  rmSync(folder, { recursive: true, force: true });
});

const fine = { ok: true, reason: null };
const lacking = (reason: string) => ({ ok: false, reason });
const hasModelFault = async (reason: string) => {
  const { body } = await client.get('/ready');
  return (body as { parts: { model: { reason: string } } }).parts.model.reason === reason;
};

describe('the server tells what it lacks', () => {
  it('before there is a worker, before there is a model, and no longer once both are there', async () => {
    const alone = await client.get('/ready');
    expect([alone.status, alone.body]).toEqual([
      503,
      {
        status: 'not ready',
        parts: { database: fine, queue: fine, model: lacking('no inference worker is alive') },
      },
    ]);

    worker = startInferenceWorker(options);
    await waitFor(worker, () => hasModelFault('none installed yet'));

    const modelFile = path.join(folder, 'tiny.gguf');
    await writeTinyModel(modelFile, { contextLength: 512 });
    const db = await createDataSource(database.url, { poolSize: 1 }).initialize();
    await registerTestModel(db, modelFile);
    await db.destroy();
    await waitFor(worker, async () => (await client.get('/ready')).status === 200);
    expect((await client.get('/ready')).body).toEqual({
      status: 'ready',
      parts: { database: fine, queue: fine, model: fine },
    });
  });

  it('to admins with the reason, when the default model cannot be loaded', async () => {
    const db = await createDataSource(database.url, { poolSize: 1 }).initialize();
    await db.query('UPDATE models SET is_default = false');
    await registerTestModel(db, '/nowhere/lost.gguf', { name: 'lost' });
    await waitFor(server, () => hasModelFault('cannot be loaded; the page of models says why'));
    const servingFor = async (person: Person) =>
      modelListSchema.parse((await person.client.get('/api/models')).body).serving;
    expect(await servingFor(admin)).toEqual({
      state: 'failed',
      fault: {
        code: 'GGUF_MISSING',
        message: 'There is no readable file /nowhere/lost.gguf.',
        details: { path: '/nowhere/lost.gguf' },
      },
    });
    expect(await servingFor(await invite(admin, 'user'))).toEqual({ state: 'failed', fault: null });

    await db.query('UPDATE models SET is_default = false');
    await db.query(`UPDATE models SET is_default = true WHERE name = 'tiny'`);
    await db.destroy();
    await waitFor(server, async () => (await client.get('/ready')).status === 200);
    expect(await servingFor(admin)).toEqual({ state: 'ready', fault: null });
  });

  it('in numbers that Prometheus understands', async () => {
    const { status, headers, body } = await client.get('/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    const text = String(body);
    expect(text).toMatch(/^attune_worker_ready\{worker="[\w-]+",device="[\w-]+"\} 1$/m);
    expect(text).toMatch(/^attune_slots\{worker="[\w-]+"\} [1-9]\d*$/m);
    expect(text).toMatch(/^attune_queue_depth\{state="waiting"\} 0$/m);
    expect(text).toMatch(/^attune_tokens_total\{worker="[\w-]+",kind="completion"\} \d+$/m);
    expect(text).toMatch(/^attune_first_token_seconds_bucket\{worker="[\w-]+",le="\+Inf"\} \d+$/m);
    expect(text).toMatch(/^attune_sockets 0$/m);
    expect(text).toMatch(
      /^attune_http_request_duration_seconds_count\{method="POST",route="\/api\/auth\/setup",status="200"\} 1$/m,
    );
    // Of the event loop's delay, only what no interval of looking is part of.
    expect(text.match(/^nodejs_eventloop_\w+/gm)).toEqual(['nodejs_eventloop_lag_seconds']);
    for (const line of text.split('\n').filter(Boolean))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)*\})? (-?[\d.e+-]+|NaN|\+Inf))$/);
  });

  it('while Redis is away, during which people still sign in', async () => {
    await redis.stop();
    await waitFor(server, async () => (await client.get('/ready')).status === 503);
    expect((await client.get('/ready')).body).toMatchObject({
      parts: { database: fine, queue: lacking('does not answer') },
    });
    expect((await client.get('/health')).status).toBe(200);
    expect((await client.get('/metrics')).body).toMatch(/^attune_sockets 0$/m);
    const login = await client.post('/api/auth/login', { email: admin.user.email, password: testPassword });
    expect(login.status).toBe(200);
  });

  it('and stops at once when it is told to, Redis or not', async () => {
    await server.stop();
    expect(await server.exited).toBe(0);
  });
});
