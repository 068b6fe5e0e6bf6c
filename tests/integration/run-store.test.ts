/** What the rows of a run keep of what its worker hears. */
import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { RunEvent } from '../../common/contracts/run-events.js';
import { createDataSource } from '../../common/database/data-source.js';
import { RunTally } from '../../worker/training/recorded-batch.js';
import { RunStore } from '../../worker/training/run-store.js';
import { insertDataset } from '../support/scripted-training.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';

let database: TestDatabase;
let db: DataSource;
let store: RunStore;
let datasetId: string;
let runId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await createDataSource(database.url, { poolSize: 4 }).initialize();
  store = new RunStore(db, { id: randomUUID(), machine: 'this machine' });
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});
beforeEach(async () => {
  datasetId = await insertDataset(database.url);
  runId = randomUUID();
  await db.query(
    `INSERT INTO runs (id, name, kind, config, model_id, model_name, start_version_id, start_version_name, dataset_id, dataset_name)
     VALUES ($1, 'a run', 'grpo', '{}', $1, '', $1, '', $2, '')`,
    [runId, datasetId],
  );
  await store.take(runId);
  return () => db.query(`UPDATE runs SET state = 'cancelled', taken_by = NULL`);
});

const record = (...events: RunEvent[]) =>
  store.record(runId, new RunTally({}).toBatch(events.map((event) => ({ event, at: new Date() }))));

it('has a finding once, however often a run that goes on tells it', async () => {
  const finding = (step: number, severity: 'warning' | 'stop'): RunEvent => ({
    type: 'verdict',
    step,
    verdict: { id: 'gradient-high', severity, message: 'It is high.' },
  });
  await record(finding(3, 'warning'));
  await record(finding(3, 'warning'), finding(8, 'stop'));
  await record(finding(3, 'warning'), finding(8, 'stop'));
  const rows = await db.query<{ step: number }[]>(
    `SELECT (event->'step')::int AS step FROM run_events WHERE run_id = $1 ORDER BY id`,
    [runId],
  );
  expect(rows.map(({ step }) => step)).toEqual([3, 8]);
});
