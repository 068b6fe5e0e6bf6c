/** Training runs through the routes: server and training worker as built. What goes wrong beside a chat is in faults.test.ts. */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunDetail, RunEstimate, RunPoint, RunSummary } from '../../common/contracts/run-records.js';
import type { RunProposal } from '../../common/contracts/run-proposal.js';
import { queueNames } from '../../common/queue/queues.js';
import { expectStatus, setUpAdmin, type ApiClient } from '../support/api-client.js';
import { ChatSocket } from '../support/chat-socket.js';
import { startServer, type RunningServer } from '../support/programs.js';
import { conversations, plantedPairs, plantedThumbs } from '../support/training-folder.js';
import { TrainingStack } from '../support/training-stack.js';

let stack: TrainingStack;
let server: RunningServer;
let client: ApiClient;

beforeAll(async () => {
  stack = await TrainingStack.create();
  server = await startServer(stack.services);
  stack.startWorker();
  ({ client } = await setUpAdmin(server.url, stack.services.databaseUrl));
});
afterAll(async () => {
  await server.stop();
  await stack[Symbol.asyncDispose]();
});

const pairs = (count = 32) => stack.addDataset({ kind: 'preference', train: plantedPairs(count) });
const settings = { kind: 'dpo', batchSize: 4, learningRate: 1e-3 };
const body = async (more: object = {}, config: object = {}) => ({
  config: { ...settings, ...config },
  datasetId: await pairs(),
  startVersionId: stack.base.versionId,
  ...more,
});
const start = async (more: object = {}, config: object = {}) =>
  expectStatus(await client.post('/api/runs', await body(more, config)), 201) as RunDetail;
const read = async (id: string) => expectStatus(await client.get(`/api/runs/${id}`), 200) as RunDetail;
const until = (id: string, isSo: (run: RunDetail) => boolean) =>
  vi.waitFor(
    async () => {
      const run = await read(id);
      if (!isSo(run)) throw new Error(`${run.state} at ${run.step}: ${JSON.stringify(run.error)}`);
      return run;
    },
    { timeout: 55_000, interval: 100 },
  );
const untilState = (id: string, state: RunDetail['state']) => until(id, (run) => run.state === state);
/** Takes as long as it is let. */
const endless = { epochs: 1000, checkpointEverySteps: 50 };

describe('a run', () => {
  it('is refused with the reason where its parts do not fit', async () => {
    const code = async (given: object) => {
      const reply = await client.post('/api/runs', given);
      return [reply.status, (reply.body as { code: string }).code];
    };
    const good = await body();
    const empty = await stack.addDataset({ kind: 'preference', train: [] });
    const answers = await stack.addDataset({ kind: 'sft', train: conversations(4) });
    const thumbsUp = plantedThumbs(8).map((row) => ({ ...row, label: true }));
    const oneClass = await stack.addDataset({ kind: 'kto', train: thumbsUp });
    const nobody = '00000000-0000-4000-8000-000000000000';
    expect(await code({ ...good, datasetId: empty })).toEqual([422, 'RUN_DATA_UNFIT']);
    expect(await code({ ...good, datasetId: answers })).toEqual([422, 'RUN_DATA_UNFIT']);
    expect(await code({ ...good, datasetId: oneClass, config: { kind: 'kto' } })).toEqual([
      422,
      'RUN_DATA_ONE_CLASS',
    ]);
    expect(await code({ ...good, datasetId: nobody })).toEqual([404, 'RESOURCE_NOT_FOUND']);
    expect(await code({ ...good, startVersionId: nobody })).toEqual([404, 'RESOURCE_NOT_FOUND']);
    expect(await code({ ...good, config: { ...settings, beta: -1 } })).toEqual([400, 'REQUEST_INVALID']);
    expect(await code({ ...good, config: { kind: 'reward', mode: 'full' } })).toEqual([
      422,
      'RUN_CONFIG_INVALID',
    ]);
    expect(await code({ ...good, config: { kind: 'dpo', desirableWeight: 2 } })).toEqual([
      400,
      'REQUEST_INVALID',
    ]);
  });

  it('tells a watcher every step, and its curves as JSON and CSV agree with what was told', async () => {
    using socket = await ChatSocket.open(client);
    const run = await start(
      { name: 'Watched', scheduledAt: new Date(Date.now() + 1500).toISOString() },
      { epochs: 1 },
    );
    expect(run).toMatchObject({ state: 'queued', step: 0, name: 'Watched' });
    expect(await socket.request({ type: 'run.watch', runId: run.id })).toMatchObject({ ok: true });
    const done = await untilState(run.id, 'succeeded');
    expect(Date.parse(done.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(run.scheduledAt ?? ''));
    const steps = socket.received.flatMap((message) =>
      message.type === 'run.event' && message.event.type === 'step' ? [message.event] : [],
    );
    expect(steps.map(({ step }) => step)).toEqual(
      Array.from({ length: done.totalSteps ?? 0 }, (_, i) => i + 1),
    );
    const { points } = expectStatus(await client.get(`/api/runs/${run.id}/points`), 200) as {
      points: RunPoint[];
    };
    for (const { step, metrics } of steps)
      expect(points.find((point) => point.step === step)?.metrics).toMatchObject(metrics);
    const csv = (await client.get(`/api/runs/${run.id}/points.csv`)).body as string;
    expect(csv.trim().split('\r\n')).toHaveLength(points.length + 1);
    expect(done.log.map(({ event }) => event.type)).toContain('finished');
    expect(done.plan?.totalSteps).toBe(done.step);
  });

  it('is estimated on the training machine, without training', async () => {
    const given = await body({}, { epochs: 2 });
    const estimate = expectStatus(await client.post('/api/runs/estimate', given), 200) as RunEstimate;
    expect(estimate).toMatchObject({ fits: true, examples: 28, heldOutExamples: 4, totalSteps: 14 });
    expect(estimate.memoryBytes).toBeLessThan(estimate.memoryAvailableBytes);
    expect(estimate.seconds).toBeGreaterThan((estimate.secondsPerStep ?? 0) * 13);
    const proposal = expectStatus(
      await client.get(`/api/runs/proposal?datasetId=${given.datasetId}`),
      200,
    ) as RunProposal;
    expect(proposal.kinds[0]).toMatchObject({ kind: 'dpo', rows: 32 });
  });

  it('ends within a step of its cancellation, goes on from there, and is deleted with its files', async () => {
    const run = await start({}, endless);
    await until(run.id, ({ step }) => step > 3);
    expect((await client.delete(`/api/runs/${run.id}`)).status).toBe(409);
    expectStatus(await client.post(`/api/runs/${run.id}/cancel`), 200);
    const cancelled = await untilState(run.id, 'cancelled');
    expectStatus(await client.post(`/api/runs/${run.id}/resume`), 200);
    const resumed = await until(run.id, ({ step }) => step > cancelled.step);
    expect(resumed.plan?.doneSteps).toBe(cancelled.step);
    expectStatus(await client.post(`/api/runs/${run.id}/cancel`), 200);
    await untilState(run.id, 'cancelled');
    expect(existsSync(stack.runFile(run.id, 'checkpoints'))).toBe(true);
    expectStatus(await client.delete(`/api/runs/${run.id}`), 204);
    expect((await client.get(`/api/runs/${run.id}`)).status).toBe(404);
    await vi.waitFor(() => expect(existsSync(stack.runFile(run.id, ''))).toBe(false), 20_000);
  });

  it('waits for its turn, by priority, while another computes, whatever the number of workers', async () => {
    await using second = stack.startWorker();
    const first = await start({ name: 'first' }, endless);
    await until(first.id, ({ step }) => step > 0);
    const low = await start({ name: 'low', priority: 'low' }, { maxSteps: 2 });
    const high = await start({ name: 'high', priority: 'high' }, { maxSteps: 2 });
    const ended: string[] = [];
    expectStatus(await client.post(`/api/runs/${first.id}/cancel`), 200);
    await vi.waitFor(
      async () => {
        const { runs } = (await client.get('/api/runs')).body as { runs: RunSummary[] };
        expect(runs.filter(({ state }) => state === 'running').length).toBeLessThan(2);
        for (const { name, state } of runs)
          if (state === 'succeeded' && !ended.includes(name)) ended.push(name);
        if (!ended.includes('low') || !ended.includes('high')) throw new Error(`only ${ended.join()} ended`);
      },
      { timeout: 50_000, interval: 50 },
    );
    const [lowRun, highRun] = [await read(low.id), await read(high.id)];
    expect(Date.parse(lowRun.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(highRun.finishedAt ?? ''));
    expect(second.output()).not.toMatch(/"level":"(error|fatal)"/);
  });
});

describe('a run that lets the chat go first', () => {
  it('stands still while somebody waits for an answer, and goes on a while after', async () => {
    const run = await start({ sharing: 'idle' }, endless);
    const isHalted = ({ state }: RunDetail) => state === 'waiting';
    await until(run.id, ({ step }) => step > 3);
    // Nobody works this queue here: the question waits until it is taken away.
    const redis = new Redis(stack.services.redisUrl, { maxRetriesPerRequest: null });
    const queue = new Queue(queueNames.generate, { connection: redis });
    const question = await queue.add('generate', {});
    await until(run.id, isHalted);
    await delay(1000);
    const { step } = await read(run.id);
    await delay(1500);
    expect(await read(run.id)).toMatchObject({ state: 'waiting', step });
    await question.remove();
    await until(run.id, (again) => again.state === 'running' && again.step > step);
    expectStatus(await client.post(`/api/runs/${run.id}/cancel`), 200);
    await untilState(run.id, 'cancelled');
    await queue.close();
    redis.disconnect();
  });
});

describe('a run that repeats nightly', () => {
  it('leaves word for the next night when it begins, with the newest version of its dataset', async () => {
    const first = await pairs();
    const [dataset] = await stack.db.query<{ name: string }[]>(`SELECT name FROM datasets WHERE id = $1`, [
      first,
    ]);
    const newest = await pairs();
    await stack.db.query(`UPDATE datasets SET name = $2, version = 2 WHERE id = $1`, [newest, dataset?.name]);
    const scheduledAt = new Date(Date.now() - 3 * 86_400_000 + 3_600_000).toISOString();
    const run = await start(
      { datasetId: first, scheduledAt, repeats: 'nightly', name: 'Night' },
      { maxSteps: 2 },
    );
    await untilState(run.id, 'succeeded');
    const { runs } = (await client.get('/api/runs')).body as { runs: RunSummary[] };
    const next = runs.filter(({ name, id }) => name === 'Night' && id !== run.id);
    expect(next).toHaveLength(1);
    const tomorrow = await read(next[0]?.id ?? '');
    expect(tomorrow).toMatchObject({ state: 'queued', datasetId: newest, repeats: 'nightly' });
    const inMs = Date.parse(tomorrow.scheduledAt ?? '') - Date.now();
    expect(inMs).toBeGreaterThan(0);
    expect(inMs).toBeLessThanOrEqual(86_400_000);
    expectStatus(await client.post(`/api/runs/${tomorrow.id}/cancel`), 200);
    expect((await read(tomorrow.id)).state).toBe('cancelled');
  });

  it('needs a time', async () => {
    expect((await client.post('/api/runs', await body({ repeats: 'nightly' }))).status).toBe(400);
  });
});

describe('a run from before its settings were refused', () => {
  it('is still told of, and is neither resumed nor retried, with the reason', async () => {
    const datasetId = await stack.addDataset({ kind: 'prompt', train: plantedPairs(4) });
    const tight = { kind: 'grpo', maxLength: 64, maxNewTokens: 64 };
    const id = await stack.addRun(tight, datasetId, { state: 'failed' });
    expect((await read(id)).config).toMatchObject(tight);
    for (const again of ['resume', 'retry']) {
      const { status, body } = await client.post(`/api/runs/${id}/${again}`);
      expect([status, body]).toMatchObject([422, { code: 'RUN_CONFIG_INVALID' }]);
    }
    const refused = await client.post('/api/runs', await body({}, tight));
    expect(refused).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
  });
});

describe('a run outlives', () => {
  it('a Redis that forgets everything', async () => {
    const run = await start({}, { epochs: 15 });
    await until(run.id, ({ step }) => step > 3);
    const next = await start({}, { maxSteps: 2 });
    const redis = new Redis(stack.services.redisUrl);
    await redis.flushdb();
    redis.disconnect();
    await untilState(run.id, 'succeeded');
    await untilState(next.id, 'succeeded');
  });
});

describe('a run fails with a state and a message', () => {
  it('where rows of its file are broken', async () => {
    const rows = [...plantedPairs(3), { prompt: 'Why?', chosen: '', rejected: 'No.' }, { text: 'no pair' }];
    const datasetId = await stack.addDataset({ kind: 'preference', train: rows });
    const run = await start({ datasetId });
    const failed = await untilState(run.id, 'failed');
    expect(failed.error).toMatchObject({ code: 'DATA_ROWS_INVALID', retryable: false });
    expect(failed.error?.message).toMatch(/line 4: .*line 5: /);
  });

  it('where its dataset is gone', async () => {
    const later = new Date(Date.now() + 86_400_000).toISOString();
    const run = await start({ scheduledAt: later });
    await stack.db.query(`DELETE FROM datasets WHERE id = $1`, [run.datasetId]);
    expectStatus(await client.patch(`/api/runs/${run.id}`, { scheduledAt: null }), 200);
    expect((await untilState(run.id, 'failed')).error?.code).toBe('RUN_DATASET_GONE');
    expect((await client.post(`/api/runs/${run.id}/resume`)).status).toBe(404);
  });
});
