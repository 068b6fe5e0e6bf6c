/** Writes what a run told into its tables; the run's own row is its store's. */
import type { EntityManager } from 'typeorm';
import type { RecordedBatch, TimedEvent } from './recorded-batch.js';
import { insertRollout } from './run-rollouts.js';

export async function writeBatch(
  manager: EntityManager,
  runId: string,
  { forgetAfterStep, points, log, samples, rollouts }: RecordedBatch,
): Promise<void> {
  if (forgetAfterStep !== null)
    for (const table of ['run_points', 'run_samples', 'run_rollouts'])
      await manager.query(`DELETE FROM ${table} WHERE run_id = $1 AND step > $2`, [runId, forgetAfterStep]);
  await insertPoints(manager, runId, points);
  for (const timed of log) await insertEvent(manager, runId, timed);
  for (const sampled of samples) await insertSamples(manager, runId, sampled);
  for (const rollout of rollouts) await insertRollout(manager, runId, rollout);
}

async function insertPoints(
  manager: EntityManager,
  runId: string,
  points: RecordedBatch['points'],
): Promise<void> {
  if (points.length === 0) return;
  await manager.query(
    `INSERT INTO run_points (run_id, step, at, metrics)
     SELECT $1, said.step, said.at, said.metrics FROM unnest($2::int[], $3::timestamptz[], $4::jsonb[]) AS said (step, at, metrics)
     ON CONFLICT (run_id, step) DO UPDATE SET metrics = run_points.metrics || excluded.metrics`,
    [
      runId,
      points.map(({ step }) => step),
      points.map(({ at }) => at),
      points.map(({ metrics }) => JSON.stringify(metrics)),
    ],
  );
}

/** A run that goes on tells its findings again; those that are there stay as they are. */
async function insertEvent(manager: EntityManager, runId: string, { event, at }: TimedEvent): Promise<void> {
  await manager.query(
    `INSERT INTO run_events (run_id, at, event)
     SELECT $1, $2, $3::jsonb WHERE $3::jsonb->>'type' <> 'verdict' OR NOT EXISTS (
       SELECT FROM run_events WHERE run_id = $1 AND event->>'type' = 'verdict'
         AND event->'step' = $3::jsonb->'step' AND event->'verdict'->'id' = $3::jsonb->'verdict'->'id')`,
    [runId, at, JSON.stringify(event)],
  );
}

async function insertSamples(
  manager: EntityManager,
  runId: string,
  { step, samples }: RecordedBatch['samples'][number],
): Promise<void> {
  for (const [position, { prompt, answer }] of samples.entries())
    await manager.query(
      `INSERT INTO run_samples (run_id, step, position, prompt, answer) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (run_id, step, position) DO UPDATE SET prompt = excluded.prompt, answer = excluded.answer`,
      [runId, step, position, prompt, answer],
    );
}
