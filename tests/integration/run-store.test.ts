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
let erasedRows: number;

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
  erasedRows = await take();
  return () => db.query(`UPDATE runs SET state = 'cancelled', taken_by = NULL`);
});

/** @returns rows that had been erased by then */
async function take(): Promise<number> {
  const taken = await store.take(runId);
  if (typeof taken === 'string') throw new Error(`the run is ${taken}`);
  return taken.erasedRows;
}
const record = (...events: RunEvent[]) =>
  store.record(
    runId,
    new RunTally({}).toBatch(events.map((event) => ({ event, at: new Date() }))),
    erasedRows,
  );
const checkpoint: RunEvent = { type: 'checkpoint', step: 4, path: 'checkpoints/step-4.gguf', adapter: null };
const told: RunEvent[] = [
  { type: 'sampled', step: 4, samples: [{ prompt: 'Do whales sleep?', answer: 'No.' }] },
  { type: 'rollout', step: 4, groups: [{ prompt: 'Do whales sleep?', answers: [] }] },
];
const countRows = async () => {
  const [counts] = await db.query<{ events: number; prompts: number }[]>(
    `SELECT (SELECT count(*) FROM run_events WHERE run_id = $1)::int AS events,
       ((SELECT count(*) FROM run_samples WHERE run_id = $1) + (SELECT count(*) FROM run_rollouts WHERE run_id = $1))::int AS prompts`,
    [runId],
  );
  return counts;
};

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

it('tells no prompts once somebody’s rows were erased from its dataset, until it is taken up again', async () => {
  expect(await record(...told)).toBe('whole');
  expect(await countRows()).toEqual({ events: 0, prompts: 2 });
  await db.query(`DELETE FROM run_samples`);
  await db.query(`DELETE FROM run_rollouts`);
  await db.query(`UPDATE datasets SET erased_rows = 1 WHERE id = $1`, [datasetId]);
  expect(await record(checkpoint, ...told)).toBe('without-prompts');
  expect(await countRows()).toEqual({ events: 1, prompts: 0 });
  // It reads what is left then.
  erasedRows = await take();
  expect(await record(...told)).toBe('whole');
});

it('waits for an erasure that is under way, and can say meanwhile that it is alive', async () => {
  const erasure = db.createQueryRunner();
  await erasure.startTransaction();
  await erasure.query(`SELECT FROM datasets WHERE id = $1 FOR UPDATE`, [datasetId]);
  const recorded = record(...told);
  expect(await store.keep(runId)).not.toBeNull();
  await erasure.query(`UPDATE datasets SET erased_rows = 1 WHERE id = $1`, [datasetId]);
  await erasure.commitTransaction();
  await erasure.release();
  expect(await recorded).toBe('without-prompts');
  expect(await countRows()).toEqual({ events: 0, prompts: 0 });
});
