/** What a run has sampled: kept within bounds, listed, forgotten when its steps are done again. */
import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runRolloutsSchema, type RunRollouts } from '../../common/contracts/run-records.js';
import type { RunEvent } from '../../common/contracts/run-events.js';
import { createDataSource } from '../../common/database/data-source.js';
import { RunTally } from '../../worker/training/recorded-batch.js';
import { RunStore } from '../../worker/training/run-store.js';
import { expectStatus, setUpAdmin, type Person } from '../support/api-client.js';
import { insertDataset } from '../support/scripted-training.js';
import { registerScriptedModel } from '../support/scripted-worker.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let db: DataSource;
let store: RunStore;
let admin: Person;
let runId: string;

beforeAll(async () => {
  server = await startServerInProcess();
  admin = await setUpAdmin(server.url, server.databaseUrl);
  db = await createDataSource(server.databaseUrl, { poolSize: 2 }).initialize();
  store = new RunStore(db, { id: randomUUID(), machine: 'this machine' });
  const body = {
    config: { kind: 'dpo' },
    datasetId: await insertDataset(server.databaseUrl),
    startVersionId: await registerScriptedModel(server.databaseUrl),
  };
  runId = (expectStatus(await admin.client.post('/api/runs', body), 201) as { id: string }).id;
  await store.take(runId);
});
afterAll(async () => {
  await db.destroy();
  await server[Symbol.asyncDispose]();
});

const rollout = (step: number): Extract<RunEvent, { type: 'rollout' }> => ({
  type: 'rollout',
  step,
  groups: [
    {
      prompt: `Question of step ${step}?`,
      answers: [
        {
          text: 'Yes?',
          tokens: 2,
          ended: true,
          rewards: { ends_with_question: 1, model: null },
          total: 1,
          advantage: 0.7,
          logProbDifference: 0.001,
        },
      ],
    },
  ],
});
const record = (events: readonly RunEvent[]) =>
  store.record(runId, new RunTally({}).toBatch(events.map((event) => ({ event, at: new Date() }))), 0);
const read = async (query = ''): Promise<RunRollouts> =>
  runRolloutsSchema.parse(expectStatus(await admin.client.get(`/api/runs/${runId}/rollouts${query}`), 200));

it('has none of a run that has sampled nothing', async () => {
  expect(await read()).toEqual({ steps: [], shown: null });
});

it('shows the last one, or the one that is asked for', async () => {
  await record([rollout(1), rollout(2), rollout(3)]);
  const { steps, shown } = await read();
  expect([steps, shown?.step]).toEqual([[1, 2, 3], 3]);
  expect(shown?.groups).toEqual(rollout(3).groups);
  expect((await read('?upTo=2')).shown?.groups[0]?.prompt).toBe('Question of step 2?');
});

it('keeps every so many of a long run, evenly, and the last ones', async () => {
  const all = Array.from({ length: 700 }, (_, index) => rollout(index + 1));
  for (let at = 0; at < all.length; at += 100) await record(all.slice(at, at + 100));
  const { steps } = await read();
  const older = steps.filter((step) => step <= 680);
  expect(older).toEqual(Array.from({ length: 170 }, (_, index) => 4 * (index + 1)));
  expect(steps.slice(older.length)).toEqual(Array.from({ length: 20 }, (_, index) => 681 + index));
  expect((await read('?upTo=63')).shown?.step).toBe(60);
});

it('forgets the steps that are done again after a checkpoint', async () => {
  await db.query(`DELETE FROM run_rollouts`);
  await record([rollout(1), rollout(2), rollout(3)]);
  const none = { examples: 1, dropped: 0, truncatedPrompts: 0, truncatedAnswers: 0, longest: 1, tokens: 1 };
  await record([
    {
      type: 'planned',
      plan: {
        totalSteps: 9,
        doneSteps: 2,
        architecture: 'llama',
        modelName: 'tiny',
        device: 'CPU',
        parameterCount: 1,
        trainableParameterCount: 1,
        memoryBytes: 1,
        memoryAvailableBytes: 2,
        train: { ...none, targets: 1 },
        heldOut: null,
      },
    },
  ]);
  expect((await read()).steps).toEqual([1, 2]);
  await record([rollout(3)]);
  expect((await read()).steps).toEqual([1, 2, 3]);
});

it('goes with the run', async () => {
  await db.query(`UPDATE runs SET state = 'cancelled' WHERE id = $1`, [runId]);
  expectStatus(await admin.client.delete(`/api/runs/${runId}`), 204);
  expect(await db.query(`SELECT 1 FROM run_rollouts`)).toEqual([]);
});
