/**
 * What can go wrong with runs and evaluations, with real processes: each is told, is got over where it can be, and is not noticed by whoever
 * chats meanwhile.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { evaluationSchema } from '../../common/contracts/evaluations.js';
import { modelListSchema } from '../../common/contracts/models.js';
import type { RunDetail, RunPoint } from '../../common/contracts/run-records.js';
import { AnswerBeside } from '../support/answer-beside.js';
import { expectStatus, setUpAdmin, type ApiClient } from '../support/api-client.js';
import { registerTestModel } from '../support/generations.js';
import {
  onMachine,
  startInferenceWorker,
  startServer,
  type RunningProgram,
  type RunningServer,
} from '../support/programs.js';
import { startOwnPostgres } from '../support/services.js';
import { writeTinyModel } from '../support/tiny-model.js';
import { plantedPairs } from '../support/training-folder.js';
import { TrainingStack } from '../support/training-stack.js';

let postgres: Awaited<ReturnType<typeof startOwnPostgres>>;
let stack: TrainingStack;
let server: RunningServer;
let inference: RunningProgram;
let client: ApiClient;
/** Answers until it is stopped, and takes minutes to come to the end of its context. */
let talkativeId: string;
let datasetId: string;
let answer: AnswerBeside;

beforeAll(async () => {
  postgres = await startOwnPostgres();
  stack = await TrainingStack.create({ contextLength: 8192, endless: true }, postgres);
  server = await startServer(stack.services);
  inference = startInferenceWorker(stack.services);
  ({ client } = await setUpAdmin(server.url, stack.services.databaseUrl));
  const file = path.join(stack.services.dataDir, 'talkative.gguf');
  const size = { contextLength: 32_768, layers: 8, width: 256, feedForward: 768 };
  await writeTinyModel(file, { ...size, endless: true });
  const model = { name: 'talkative', isDefault: false, contextTokens: size.contextLength };
  talkativeId = await registerTestModel(stack.db, file, model);
  datasetId = await stack.addDataset({
    kind: 'preference',
    train: plantedPairs(32),
    heldOut: plantedPairs(40).slice(32),
  });
});
afterAll(async () => {
  await Promise.all([inference.stop(), server.stop()]);
  await stack[Symbol.asyncDispose]();
});
beforeEach(async () => {
  answer = await AnswerBeside.begin(client, talkativeId);
});
afterEach(async () => {
  await answer[Symbol.asyncDispose]();
  // What a test left unfinished would have the machine before the next one's run.
  await stack.db.query(
    `UPDATE runs SET state = 'cancelled', taken_by = NULL, seen_at = NULL, finished_at = now()
     WHERE state IN ('queued', 'waiting', 'running')`,
  );
});

const dpo = { kind: 'dpo', batchSize: 4, learningRate: 1e-3 };
/** Takes as long as it is let. */
const endless = { ...dpo, epochs: 1000, checkpointEverySteps: 20 };
const start = async (config: object) => {
  const body = { config, datasetId, startVersionId: stack.base.versionId };
  return expectStatus(await client.post('/api/runs', body), 201) as RunDetail;
};
const read = async ({ id }: RunDetail) => expectStatus(await client.get(`/api/runs/${id}`), 200) as RunDetail;
const until = (run: RunDetail, isSo: (run: RunDetail) => boolean) =>
  vi.waitFor(
    async () => {
      const now = await read(run);
      if (!isSo(now)) throw new Error(`${now.state} at ${now.step}: ${JSON.stringify(now.error)}`);
      return now;
    },
    { timeout: 160_000, interval: 100 },
  );
const untilState = (run: RunDetail, state: RunDetail['state']) => until(run, (now) => now.state === state);
const cancel = async (run: RunDetail) => {
  expectStatus(await client.post(`/api/runs/${run.id}/cancel`), 200);
  await untilState(run, 'cancelled');
};
const killProcessOf = ({ id }: RunDetail) => {
  const mark = readFileSync(stack.runFile(id, 'process.json'), 'utf8');
  process.kill((JSON.parse(mark) as { pid: number }).pid, 'SIGKILL');
};

describe('beside an answer that goes on', { timeout: 300_000 }, () => {
  it('two runs at once wait for each other on one machine, and not for that on another', async () => {
    await using _first = stack.startWorker({ environment: onMachine('one') });
    await using _second = stack.startWorker({ environment: onMachine('one') });
    const running = await start(endless);
    await until(running, ({ step }) => step > 0);
    const waiting = await start({ ...dpo, maxSteps: 2 });
    // As often as a worker asks again whether the machine is free.
    await delay(5000);
    expect(await read(waiting)).toMatchObject({ state: 'queued', step: 0, error: null });
    await using _other = stack.startWorker({ environment: onMachine('another') });
    await untilState(waiting, 'succeeded');
    expect((await read(running)).state).toBe('running');
    await answer.expectUnharmed();
    await cancel(running);
  });

  it('a machine that is lost with its worker leaves its run to another one', async () => {
    const lost = stack.startWorker({ environment: onMachine('lost') });
    const run = await start({ ...dpo, epochs: 12, checkpointEverySteps: 5 });
    await until(run, ({ step }) => step > 12);
    await using _heir = stack.startWorker({ environment: onMachine('heir') });
    const killed = lost.kill();
    killProcessOf(run);
    await killed;
    const again = await until(run, ({ plan }) => (plan?.doneSteps ?? 0) > 0);
    expect(again).toMatchObject({ state: 'running', error: null });
    expect(again.plan?.doneSteps).toBeGreaterThanOrEqual(10);
    await answer.expectUnharmed();
    await untilState(run, 'succeeded');
  });

  it('a trainer that is killed goes on from its checkpoint', async () => {
    await using _worker = stack.startWorker();
    const run = await start({ ...dpo, epochs: 15, checkpointEverySteps: 5 });
    await until(run, ({ step }) => step > 12);
    killProcessOf(run);
    const again = await until(run, ({ plan }) => (plan?.doneSteps ?? 0) > 0);
    expect(again.state).toBe('running');
    expect(again.plan?.doneSteps).toBeGreaterThanOrEqual(10);
    await answer.expectUnharmed();
    await untilState(run, 'succeeded');
  });

  it('a Postgres that restarts loses no step', async () => {
    await using _worker = stack.startWorker();
    const run = await start({ ...dpo, epochs: 20 });
    await until(run, ({ step }) => step > 3);
    const restarted = postgres.restart(2500);
    await answer.expectMore();
    await restarted;
    const done = await untilState(run, 'succeeded');
    const { points } = expectStatus(await client.get(`/api/runs/${run.id}/points`), 200) as {
      points: RunPoint[];
    };
    expect(points.map(({ step }) => step)).toEqual(Array.from({ length: done.step + 1 }, (_, step) => step));
    await answer.expectUnharmed();
  });

  it('a disk that is full at a checkpoint fails the run with a message, and lets it go on when there is room', async () => {
    // Less than a checkpoint of the tiny model takes.
    const full = stack.startWorker({ fileSizeBytes: 64 * 1024 });
    const run = await start({ ...dpo, checkpointEverySteps: 4 });
    const failed = await untilState(run, 'failed');
    expect(failed.error).toMatchObject({ code: 'GGUF_WRITE_FAILED' });
    expect(failed.error?.message).toMatch(/EFBIG/);
    await answer.expectMore();
    await full.stop();
    await using _roomy = stack.startWorker();
    expectStatus(await client.post(`/api/runs/${run.id}/resume`), 200);
    expect((await untilState(run, 'succeeded')).error).toBeNull();
    await answer.expectUnharmed();
  });

  it('a base that is gone fails the run with a message', async () => {
    const orphan = await stack.addRun(dpo, datasetId, { startVersionId: randomUUID() });
    await using _worker = stack.startWorker();
    expect((await stack.untilState(orphan, 'failed')).error?.code).toBe('RUN_BASE_GONE');
    await answer.expectUnharmed();
  });
});

describe('a promotion during an evaluation', { timeout: 300_000 }, () => {
  it('leaves the evaluation what it was begun as, and an answer of what was live before its voice', async () => {
    await using _worker = stack.startWorker();
    const { resultVersionId: candidateId } = await untilState(await start(dpo), 'succeeded');
    const body = { candidateId, datasetId, promptSetIds: [] };
    const { id } = evaluationSchema.parse(expectStatus(await client.post('/api/evaluations', body), 202));
    await using ofLive = await AnswerBeside.begin(client, null);
    const reason = 'Nobody wants to wait for the figures.';
    expectStatus(await client.post(`/api/versions/${candidateId}/promote`, { reason }), 200);
    const { versions } = modelListSchema.parse((await client.get('/api/models')).body);
    expect(versions.find((version) => version.id === candidateId)).toMatchObject({ isLive: true });
    await ofLive.expectUnharmed();
    await vi.waitFor(
      async () => {
        const told = evaluationSchema.parse((await client.get(`/api/evaluations/${id}`)).body);
        expect(told).toMatchObject({ state: 'succeeded', error: null, live: { name: 'tiny' } });
      },
      { timeout: 60_000, interval: 200 },
    );
    await answer.expectUnharmed();
  });
});
