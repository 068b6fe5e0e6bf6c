import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '../../common/database/data-source.js';
import { embedResultSchema } from '../../common/contracts/generation.js';
import { pauseChat, resumeChat } from '../../common/queue/chat-pause.js';
import { requestStop } from '../../common/queue/generation-stream.js';
import { modelsChangedChannel } from '../../common/queue/model-signals.js';
import { queueNames } from '../../common/queue/queues.js';
import { connectRedis } from '../../common/queue/redis.js';
import { listWorkerStatuses } from '../../common/queue/worker-status.js';
import {
  findGeneration,
  readAnswer,
  registerTestModel,
  startGenerations,
  waitForDone,
  waitForEnd,
  waitForText,
} from '../support/generations.js';
import { startInferenceWorker, waitFor, type RunningProgram } from '../support/programs.js';
import {
  createTestDatabase,
  createTestRedis,
  type TestDatabase,
  type TestRedis,
} from '../support/services.js';
import { writeTinyModel } from '../support/tiny-model.js';

/** Long enough to be interrupted: the tiny model draws a token within a few milliseconds. */
const long = { maxTokens: 500 };

let folder: string;
let modelFile: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'attune-worker-'));
  modelFile = path.join(folder, 'tiny.gguf');
  const size = { contextLength: 2048, layers: 8, width: 256, feedForward: 768 };
  await writeTinyModel(modelFile, { ...size, endless: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the inference worker', () => {
  let database: TestDatabase;
  let services: TestRedis;
  let db: DataSource;
  let redis: Redis;
  let workers: RunningProgram[] = [];
  beforeEach(async () => {
    [database, services] = await Promise.all([createTestDatabase(), createTestRedis()]);
    db = await createDataSource(database.url, { poolSize: 3 }).initialize();
    redis = connectRedis(services.url);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') for (const worker of workers) console.error(worker.output());
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
    workers = [];
    redis.disconnect();
    await db.destroy();
    await Promise.all([database.drop(), services.release()]);
  });

  function startWorker(): RunningProgram {
    const worker = startInferenceWorker({
      databaseUrl: database.url,
      redisUrl: services.url,
      dataDir: path.join(folder, `data-${workers.length}`),
    });
    workers.push(worker);
    return worker;
  }

  it('streams an answer and records where it came from', async () => {
    const modelVersionId = await registerTestModel(db, modelFile);
    startWorker();
    const [id = ''] = await startGenerations(db, redis, { modelVersionId, sampling: { maxTokens: 20 } });
    const row = await waitForEnd(db, id);
    expect(row).toMatchObject({ status: 'complete', stopReason: 'length', error: null });
    expect(row.usage).toMatchObject({ cachedTokens: 0, completionTokens: 20 });
    expect(row.provenance).toMatchObject({ modelVersionId, modelName: 'tiny', adapterSha256: null });
    expect(row.context).toMatchObject({ droppedTurns: 0 });
    const { text, events } = await waitForDone(redis, id);
    expect(text).toBe(row.text);
    expect(events[0]?.type).toBe('started');
    expect(events.at(-1)).toMatchObject({ type: 'done', stopReason: 'length', provenance: row.provenance });
  });

  it('computes the prompt of several choices once', async () => {
    const modelVersionId = await registerTestModel(db, modelFile);
    startWorker();
    const content = 'A rather long prompt that all of them share. '.repeat(10);
    const ids = await startGenerations(db, redis, { modelVersionId, content, count: 4 });
    const rows = await Promise.all(ids.map((id) => waitForEnd(db, id)));
    const cached = rows.map((row) => row.usage?.cachedTokens ?? 0).sort((a, b) => a - b);
    expect(cached[0]).toBe(0);
    for (const tokens of cached.slice(1)) expect(tokens).toBeGreaterThan(300);
  });

  it('keeps log-probs when asked', async () => {
    const modelVersionId = await registerTestModel(db, modelFile);
    startWorker();
    const [id = ''] = await startGenerations(db, redis, { modelVersionId, topLogProbs: 2 });
    await waitForEnd(db, id);
    const [row] = await db.query<{ log_probs: { logProb: number; top: unknown[] }[] }[]>(
      `SELECT log_probs FROM generations WHERE id = $1`,
      [id],
    );
    expect(row?.log_probs).toHaveLength(16);
    expect(row?.log_probs[0]?.top).toHaveLength(2);
  });

  it('begins no answer while a training run has the machine to itself, says so, and can be stopped over it', async () => {
    const modelVersionId = await registerTestModel(db, modelFile);
    await pauseChat(redis);
    const renewing = setInterval(() => void pauseChat(redis), 500);
    const worker = startWorker();
    const [id = '', other = ''] = await startGenerations(db, redis, {
      modelVersionId,
      sampling: { maxTokens: 8 },
      count: 2,
    });
    const typesOf = async (one: string) => (await readAnswer(redis, one)).events.map(({ type }) => type);
    for (const one of [id, other])
      await waitFor(worker, async () => (await typesOf(one)).includes('waiting'));
    await requestStop(redis, other);
    expect(await waitForEnd(db, other)).toMatchObject({ status: 'stopped', text: '' });
    expect(await typesOf(id)).toEqual(['waiting']);

    clearInterval(renewing);
    await resumeChat(redis);
    expect(await waitForEnd(db, id)).toMatchObject({ status: 'complete', stopReason: 'length' });
    await waitForDone(redis, id);
    expect((await typesOf(id)).slice(0, 2)).toEqual(['waiting', 'started']);
  });

  it('goes on with an answer whose worker was killed, losing and doubling nothing', async () => {
    const modelVersionId = await registerTestModel(db, modelFile);
    const first = startWorker();
    const [id = ''] = await startGenerations(db, redis, { modelVersionId, sampling: long });
    await waitForText(redis, id, 30);
    await first.kill();
    const { text: seen } = await readAnswer(redis, id);
    expect((await findGeneration(db, id)).status).toBe('running');
    startWorker();
    const row = await waitForEnd(db, id);
    expect(row.status).toBe('complete');
    expect(row.text.startsWith(seen)).toBe(true);
    expect(row.text.length).toBeGreaterThan(seen.length);
    expect((await waitForDone(redis, id)).text).toBe(row.text);
  });

  it('hands its answers to another worker when it shuts down', async () => {
    const modelVersionId = await registerTestModel(db, modelFile);
    const first = startWorker();
    const [id = ''] = await startGenerations(db, redis, { modelVersionId, sampling: long });
    await waitForText(redis, id, 30);
    await first.stop();
    const { text: seen } = await readAnswer(redis, id);
    expect((await findGeneration(db, id)).text).toBe(seen);
    startWorker();
    const row = await waitForEnd(db, id);
    expect(row.text.startsWith(seen)).toBe(true);
    expect((await waitForDone(redis, id)).text).toBe(row.text);
  });

  it('stops an answer and keeps what was said', async () => {
    const modelVersionId = await registerTestModel(db, modelFile);
    startWorker();
    const [id = ''] = await startGenerations(db, redis, { modelVersionId, sampling: long });
    const seen = await waitForText(redis, id, 30);
    await requestStop(redis, id);
    const row = await waitForEnd(db, id);
    expect(row).toMatchObject({ status: 'stopped', stopReason: 'cancelled' });
    expect(row.text.startsWith(seen)).toBe(true);
    expect(row.usage?.completionTokens).toBeLessThan(500);
  });

  it('goes on from the text that an answer is to begin with', async () => {
    const modelVersionId = await registerTestModel(db, modelFile);
    startWorker();
    const prefix = 'It was a dark';
    const [id = ''] = await startGenerations(db, redis, { modelVersionId, prefix });
    const row = await waitForEnd(db, id);
    expect(row.text.startsWith(prefix)).toBe(true);
    expect(row.text.length).toBeGreaterThan(prefix.length);
    expect(row.usage?.completionTokens).toBe(16);
  });

  it('answers a coded error for a prompt over the context and for a model that is gone', async () => {
    const modelVersionId = await registerTestModel(db, modelFile);
    startWorker();
    const [tooLong = ''] = await startGenerations(db, redis, {
      modelVersionId,
      content: 'x'.repeat(200_000),
    });
    const missing = '00000000-0000-4000-8000-000000000000';
    const [gone = ''] = await startGenerations(db, redis, { modelVersionId: missing });
    expect((await waitForEnd(db, tooLong)).error?.code).toBe('GENERATION_CONTEXT_EXCEEDED');
    expect((await waitForEnd(db, gone)).error?.code).toBe('GENERATION_MODEL_MISSING');
    expect((await waitForDone(redis, gone)).events).toMatchObject([
      { type: 'failed', code: 'GENERATION_MODEL_MISSING' },
    ]);
    const [id = ''] = await startGenerations(db, redis, { modelVersionId });
    expect((await waitForEnd(db, id)).status).toBe('complete');
  });

  it('keeps what an answer said already when its model is gone by the time that it is taken up', async () => {
    await registerTestModel(db, modelFile);
    const [id = ''] = await startGenerations(db, redis, { modelVersionId: randomUUID() });
    await db.query(`UPDATE generations SET status = 'running', text = 'Half of it' WHERE id = $1`, [id]);
    startWorker();
    expect(await waitForEnd(db, id)).toMatchObject({ status: 'failed', text: 'Half of it' });
  });

  it('waits for a model and takes a new default without a restart; a broken one leaves it as it is', async () => {
    const worker = startWorker();
    const state = async () => (await listWorkerStatuses(redis))[0]?.state;
    await waitFor(worker, async () => (await state()) === 'waiting');
    const modelVersionId = await registerTestModel(db, modelFile);
    await redis.publish(modelsChangedChannel, '');
    await waitFor(worker, async () => (await state()) === 'ready');

    const broken = path.join(folder, 'broken.gguf');
    writeFileSync(broken, 'GGUF but not really');
    const brokenVersionId = await registerTestModel(db, broken, { name: 'broken', isDefault: false });
    const [failing = ''] = await startGenerations(db, redis, { modelVersionId: brokenVersionId });
    expect((await waitForEnd(db, failing)).error?.code).toBe('GGUF_INVALID');
    const [id = ''] = await startGenerations(db, redis, { modelVersionId });
    expect((await waitForEnd(db, id)).status).toBe('complete');
    const [status] = await listWorkerStatuses(redis);
    expect(status?.residents.map((resident) => resident.name)).toEqual(['tiny']);
  });

  it('embeds texts as unit vectors, alike for like texts', async () => {
    const modelVersionId = await registerTestModel(db, modelFile);
    startWorker();
    const queue = new Queue(queueNames.embed, { connection: redis });
    const events = new QueueEvents(queueNames.embed, { connection: redis.duplicate() });
    const inputs = ['the same words', 'the same words', 'xyz 123'];
    const job = await queue.add('embed', { requestId: 'test', modelVersionId, inputs });
    const { embeddings, promptTokens } = embedResultSchema.parse(await job.waitUntilFinished(events));
    const dot = (a: number[] = [], b: number[] = []) =>
      a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
    expect(embeddings.map((vector) => vector.length)).toEqual([256, 256, 256]);
    expect(dot(embeddings[0], embeddings[0])).toBeCloseTo(1, 5);
    expect(dot(embeddings[0], embeddings[1])).toBeCloseTo(1, 4);
    expect(dot(embeddings[0], embeddings[2])).toBeLessThan(0.99);
    expect(promptTokens).toBeGreaterThan(10);
    await Promise.all([queue.close(), events.close()]);
  });
});
