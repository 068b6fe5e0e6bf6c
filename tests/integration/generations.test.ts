/** GenerationService and its reconciler against real Postgres and Redis, at moments that a model would not hit by itself. */
import { randomUUID } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generationRequestSchema } from '../../common/contracts/generation.js';
import { samplingSchema } from '../../common/contracts/sampling.js';
import { createDataSource } from '../../common/database/data-source.js';
import { migrations } from '../../migrations/index.js';
import { appendEvent, deleteEvents, type StreamEntry } from '../../common/queue/generation-stream.js';
import { queueNames } from '../../common/queue/queues.js';
import { GenerationReconciler } from '../../server/generations/generation-reconciler.js';
import { GenerationService } from '../../server/generations/generation.service.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';
import { StreamReader } from '../../server/generations/stream-reader.js';
import { createTestDatabase } from '../support/services.js';

let server: ServerInProcess;
let generations: GenerationService;
let reconciler: GenerationReconciler;
let db: DataSource;
let redis: Redis;

beforeAll(async () => {
  server = await startServerInProcess();
  generations = server.app.get(GenerationService, { strict: false });
  reconciler = server.app.get(GenerationReconciler, { strict: false });
  db = server.app.get(DataSource);
  redis = new Redis(server.redisUrl, { maxRetriesPerRequest: null });
});
afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

const request = generationRequestSchema.parse({
  turns: [{ role: 'user', content: 'Hi' }],
  sampling: samplingSchema.parse({ seed: 7 }),
});
async function create(count = 1): Promise<string[]> {
  return generations.create({
    requestId: 'test',
    userId: null,
    modelVersionId: randomUUID(),
    request,
    count,
  });
}
async function collect(id: string, after?: string): Promise<StreamEntry[]> {
  const entries = [];
  for await (const entry of generations.follow(id, { after })) entries.push(entry);
  return entries;
}
const finishRow = (id: string, text: string) =>
  db.query(
    `UPDATE generations SET status = 'complete', text = $2, stop_reason = 'end', finished_at = now() - interval '1 minute'
     WHERE id = $1`,
    [id, text],
  );
const delta = (id: string, offset: number, text: string) =>
  appendEvent(redis, id, { type: 'delta', offset, text });

describe('a generation', () => {
  it('has one job for all choices of a prompt, each with a seed of its own', async () => {
    const ids = await create(3);
    const rows = await generations.result(ids);
    expect(rows.map(({ id }) => id)).toEqual(ids);
    expect(new Set(rows.map(({ jobId }) => jobId)).size).toBe(1);
    expect(rows.map((row) => row.request.sampling.seed)).toEqual([7, 8, 9]);
  });

  it('is followed to its end from the row alone when its stream is gone', async () => {
    const [id = ''] = await create();
    await finishRow(id, 'All of it');
    expect((await collect(id)).map(({ event }) => event)).toMatchObject([
      { type: 'delta', offset: 0, text: 'All of it' },
      { type: 'done', stopReason: 'end' },
    ]);
  });

  it('is followed to its end when the end was lost while it was followed', async () => {
    const [id = ''] = await create();
    const following = collect(id);
    await delta(id, 0, 'Half');
    await finishRow(id, 'Half and whole');
    await deleteEvents(redis, id);
    const events = (await following).map(({ event }) => event);
    expect(events.at(-1)).toMatchObject({ type: 'done' });
    expect(events.at(-2)).toMatchObject({ type: 'delta', offset: 0, text: 'Half and whole' });
  });

  it('ends for its followers when its row is erased', async () => {
    const [id = ''] = await create();
    const following = collect(id);
    await db.query(`DELETE FROM generations WHERE id = $1`, [id]);
    expect((await following).at(-1)?.event).toMatchObject({ type: 'failed', code: 'RESOURCE_NOT_FOUND' });
  });

  it('is told whole to a reader of a stream that lost its beginning', async () => {
    const [id = ''] = await create();
    await db.query(`UPDATE generations SET status = 'running', text = 'Once upon' WHERE id = $1`, [id]);
    const following = collect(id);
    await delta(id, 9, ' a time');
    await appendEvent(redis, id, { type: 'failed', code: 'SERVER_FAULT', message: 'x' });
    const events = (await following).map(({ event }) => event);
    expect(events).toMatchObject([
      { type: 'delta', offset: 0, text: 'Once upon' },
      { type: 'delta', offset: 9, text: ' a time' },
      { type: 'failed' },
    ]);
  });

  it('reaches a hundred followers alike, each from the entry it asked for', async () => {
    const [id = ''] = await create();
    const first = await delta(id, 0, 'a');
    const following = Array.from({ length: 100 }, (_, index) =>
      collect(id, index % 2 === 0 ? undefined : first),
    );
    for (let offset = 1; offset < 1000; offset++) void delta(id, offset, 'b');
    await appendEvent(redis, id, { type: 'failed', code: 'SERVER_FAULT', message: 'x' });
    const read = await Promise.all(following);
    expect(read.map((entries) => entries.length)).toEqual(
      Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 1001 : 1000)),
    );
    expect(new Set(read.map((entries) => entries.at(-1)?.entryId)).size).toBe(1);
  });

  it('reaches its followers at once though the server waits for another one', async () => {
    const [quiet = '', lively = ''] = await Promise.all([create(), create()]).then((ids) => ids.flat());
    const leaving = new AbortController();
    const waiting = generations.follow(quiet, { signal: leaving.signal }).next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const first = generations.follow(lively, { signal: leaving.signal }).next();
    await delta(lively, 0, 'now');
    // The server's one waiting read would otherwise return after five seconds.
    const late = new Promise((resolve) => setTimeout(() => resolve('late'), 2500));
    expect(await Promise.race([first, late])).toMatchObject({ value: { event: { text: 'now' } } });
    leaving.abort();
    await waiting;
  });

  it('that waits in the queue is stopped at once, without a worker', async () => {
    const [id = ''] = await create();
    const following = collect(id);
    await generations.stop(id);
    expect((await following).at(-1)?.event).toMatchObject({ type: 'done', stopReason: 'cancelled' });
    expect((await generations.result([id]))[0]).toMatchObject({ status: 'stopped', stopReason: 'cancelled' });
  });

  it('stops being followed when its reader goes away', async () => {
    const [id = ''] = await create();
    const leaving = new AbortController();
    const reading = (async () => {
      for await (const _ of generations.follow(id, { signal: leaving.signal }));
    })();
    leaving.abort();
    await expect(reading).resolves.toBeUndefined();
  });
});

describe('the reconciler', () => {
  it('gives up an answer whose job fails again and again, with a code', async () => {
    const connection = new Redis(server.redisUrl, { maxRetriesPerRequest: null });
    const die = async () => {
      throw new Error('the worker died');
    };
    const worker = new Worker(queueNames.generate, die, { connection });
    const [id = ''] = await create();
    const following = collect(id);
    await expect
      .poll(
        async () => {
          await reconciler.sweep();
          return (await generations.result([id]))[0]?.status;
        },
        { timeout: 20_000 },
      )
      .toBe('failed');
    expect((await following).at(-1)?.event).toMatchObject({ type: 'failed', code: 'GENERATION_GIVEN_UP' });
    await worker.close(true);
    connection.disconnect();
  });
});

describe('the migrations', () => {
  it('go down one by one and up again', async () => {
    await using database = await createTestDatabase();
    const source = await createDataSource(database.url, { poolSize: 2 }).initialize();
    for (const _ of migrations) await source.undoLastMigration();
    const left = await source.query(
      `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    expect(left).toEqual([{ table_name: 'migrations' }]);
    expect(await source.runMigrations()).toHaveLength(migrations.length);
    await source.destroy();
  });
});

describe('a follower whose page cannot be read', () => {
  it('tries no more once it has left', async () => {
    let faults = 0;
    const reader = new StreamReader(redis, () => faults++);
    const id = randomUUID();
    const others = reader.joinForEnd(id);
    const follower = reader.join(id, `${'9'.repeat(23)}-0`);
    // A read that began before it is behind the others.
    follower.push([], `${'9'.repeat(24)}-0`);
    const next = follower.next();
    await expect.poll(() => faults).toBeGreaterThan(0);
    reader.leave(id, follower);
    reader.leave(id, others);
    expect(await next).toBeNull();
    const before = faults;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(faults).toBe(before);
    await reader.close();
  });
});

describe('a connection that died silently', () => {
  it('is noticed by who waits on it, and replaced', async () => {
    await using proxy = await startProxy(server.redisUrl);
    const through = new Redis(proxy.url, { maxRetriesPerRequest: null });
    const reader = new StreamReader(through, () => undefined);
    const id = randomUUID();
    const follower = reader.join(id, '0-0');
    await delta(id, 0, 'Hello');
    expect((await follower.next())?.event).toMatchObject({ text: 'Hello' });
    proxy.silence();
    await delta(id, 5, ', world');
    expect((await follower.next())?.event).toMatchObject({ text: ', world' });
    reader.leave(id, follower);
    await reader.close();
    through.disconnect();
  });
});

/** Stands before Redis. `silence` keeps all connections there are open and carries nothing over them any more. */
async function startProxy(redisUrl: string): Promise<AsyncDisposable & { url: string; silence(): void }> {
  const url = new URL(redisUrl);
  const { hostname, port } = url;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const [from, to] of [[client, upstream] as const, [upstream, client] as const]) {
      sockets.add(from);
      from.on('error', () => undefined).on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, hostname, resolve));
  const address = proxy.address();
  url.port = typeof address === 'object' ? String(address?.port) : '';
  return {
    url: url.href,
    silence: () => sockets.forEach((socket) => socket.unpipe().pause()),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
