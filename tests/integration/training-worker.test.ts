/** The training worker as it runs: real processes, a tiny model, and everything that can be taken away from it. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toArtefactPath } from '../../common/config/artefacts.js';
import { LlamaModel } from '../../common/llama/model.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { isChatPaused } from '../../common/queue/chat-pause.js';
import { connectRedis } from '../../common/queue/redis.js';
import { plantedPairs } from '../support/training-folder.js';
import { TrainingStack } from '../support/training-stack.js';

let stack: TrainingStack;

beforeEach(async () => {
  stack = await TrainingStack.create();
});
afterEach(() => stack[Symbol.asyncDispose]());

const pairs = () =>
  stack.addDataset({ kind: 'preference', train: plantedPairs(32), heldOut: plantedPairs(40).slice(32) });
const isKept = (runId: string) =>
  existsSync(toArtefactPath(stack.services.dataDir, `adapters/${runId}.gguf`));
const dpo = { kind: 'dpo', batchSize: 4, learningRate: 1e-3 };

describe('the training worker', () => {
  it('computes a queued run to its end, tells of it, and makes a version that the chat can load', async () => {
    const runId = await stack.addRun({ ...dpo, checkpointEverySteps: 10 }, await pairs());
    stack.startWorker();
    const run = await stack.untilState(runId, 'succeeded');

    expect(run).toMatchObject({ step: 24, totalSteps: 24, phase: null, error: null, takenBy: null });
    expect(run.metrics['rewards/accuracies']).toBeGreaterThan(0.9);
    expect(run.metrics['eval_rewards/accuracies']).toBeGreaterThan(0.9);
    const points = await stack.db.query<{ step: number; metrics: Record<string, number> }[]>(
      `SELECT step, metrics FROM run_points WHERE run_id = $1 ORDER BY step`,
      [runId],
    );
    expect(points.map(({ step }) => step)).toEqual(Array.from({ length: 25 }, (_, step) => step));
    expect(points[1]?.metrics['loss']).toBeCloseTo(Math.LN2, 5);
    const log = await stack.db.query<{ type: string }[]>(
      `SELECT event->>'type' AS type FROM run_events WHERE run_id = $1 ORDER BY id`,
      [runId],
    );
    expect(log.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['phase', 'planned', 'evaluated', 'checkpoint', 'finished']),
    );

    const version = await stack.db
      .getRepository(ModelVersionEntity)
      .findOneByOrFail({ id: run.resultVersionId ?? '' });
    expect(version).toMatchObject({ modelId: stack.base.modelId, isLive: false, name: 'tiny-dpo' });
    expect(version.lineage).toMatchObject({ config: { kind: 'dpo' }, architecture: 'llama' });
    using model = await LlamaModel.open(stack.base.path, { gpu: 'off' });
    using adapter = await model.openAdapter(path.join(stack.services.dataDir, version.adapterPath ?? ''));
    expect(adapter.pointer).not.toBe(0n);
  });

  it('lets the model in training answer the same prompts before, at checkpoints and after', async () => {
    const runId = await stack.addRun({ ...dpo, epochs: 1, checkpointEverySteps: 4 }, await pairs(), {
      samplePrompts: ['Do whales sleep?'],
    });
    stack.startWorker();
    await stack.untilState(runId, 'succeeded');
    const samples = await stack.db.query<{ step: number; prompt: string }[]>(
      `SELECT step, prompt FROM run_samples WHERE run_id = $1 ORDER BY step`,
      [runId],
    );
    // A checkpoint that comes while another is heard may be left out; the first and the last never are.
    expect(samples[0]).toEqual({ step: 0, prompt: 'Do whales sleep?' });
    expect(samples.at(-1)).toEqual({ step: 8, prompt: 'Do whales sleep?' });
    expect(existsSync(stack.runFile(runId, 'samples'))).toBe(false);
  });

  it('pauses the chat as long as a run that has the machine to itself takes', async () => {
    const runId = await stack.addRun({ ...dpo, epochs: 8 }, await pairs(), { sharing: 'pause' });
    const redis = connectRedis(stack.services.redisUrl);
    try {
      stack.startWorker();
      await stack.untilRun(runId, ({ step }) => step >= 1);
      expect(await isChatPaused(redis)).toBe(true);
      await stack.untilState(runId, 'succeeded');
      await vi.waitFor(async () => expect(await isChatPaused(redis)).toBe(false), { timeout: 5000 });
    } finally {
      redis.disconnect();
    }
  });

  it('finds the version that is there when full training makes the same bytes again', async () => {
    const datasetId = await pairs();
    const config = { kind: 'orpo', mode: 'full', batchSize: 4, maxSteps: 2 };
    const [once, again] = [await stack.addRun(config, datasetId), await stack.addRun(config, datasetId)];
    stack.startWorker();
    const { resultVersionId } = await stack.untilState(once, 'succeeded');
    expect(resultVersionId).toEqual(expect.any(String));
    expect((await stack.untilState(again, 'succeeded')).resultVersionId).toBe(resultVersionId);
    const kept = (id: string) => existsSync(toArtefactPath(stack.services.dataDir, `models/${id}.gguf`));
    expect([kept(once), kept(again)]).toEqual([true, false]);
  });

  it('fails a run whose result the database refuses, and goes on with the next one', async () => {
    const datasetId = await pairs();
    await stack.db.query(`ALTER TABLE model_versions ADD CONSTRAINT no_dpo CHECK (name NOT LIKE '%-dpo')`);
    const refused = await stack.addRun({ ...dpo, maxSteps: 2 }, datasetId);
    const next = await stack.addRun({ ...dpo, kind: 'orpo', maxSteps: 2 }, datasetId);
    stack.startWorker();
    const { error } = await stack.untilState(refused, 'failed');
    expect(error).toMatchObject({
      code: 'RUN_RESULT_REFUSED',
      details: { reason: expect.stringContaining('no_dpo') as string },
    });
    expect(isKept(refused)).toBe(false);
    await stack.untilState(next, 'succeeded');
    expect(isKept(next)).toBe(true);
  });

  it('cancels a run whose end cannot be written for now', async () => {
    await stack.db.query(
      `CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE 'no room' USING ERRCODE = 'disk_full'; END $$`,
    );
    await stack.db.query(
      `CREATE TRIGGER no_room BEFORE INSERT ON model_versions FOR EACH ROW EXECUTE FUNCTION no_room()`,
    );
    const runId = await stack.addRun({ ...dpo, maxSteps: 2 }, await pairs());
    const worker = stack.startWorker();
    await vi.waitFor(() => expect(worker.output()).toContain('could not be written; trying again'), 60_000);
    expect((await stack.getRun(runId)).state).toBe('running');
    expect(isKept(runId)).toBe(true);
    await stack.db.query(`UPDATE runs SET cancel_requested = true WHERE id = $1`, [runId]);
    await stack.untilState(runId, 'cancelled');
    expect(isKept(runId)).toBe(false);
  });

  it('goes on from the checkpoint after the worker was killed, and ends with the same bytes', async () => {
    const datasetId = await pairs();
    const config = { ...dpo, epochs: 6, checkpointEverySteps: 5 };
    const undisturbed = await stack.addRun(config, datasetId);
    const killed = await stack.addRun(config, datasetId);
    const first = stack.startWorker();
    await stack.untilState(undisturbed, 'succeeded');
    await stack.untilRun(killed, ({ step }) => step >= 12);
    await first.kill();
    expect((await stack.getRun(killed)).state).toBe('running');
    stack.startWorker();
    const run = await stack.untilState(killed, 'succeeded');

    const [again] = await stack.db.query<{ plan: { doneSteps: number } }[]>(
      `SELECT event->'plan' AS plan FROM run_events WHERE run_id = $1 AND event->>'type' = 'planned' ORDER BY id DESC`,
      [killed],
    );
    expect(again?.plan.doneSteps).toBeGreaterThanOrEqual(10);
    expect(run.step).toBe(48);
    const adapterOf = (id: string) => readFileSync(stack.runFile(id, 'checkpoints/step-0000048.gguf'));
    expect(adapterOf(killed).equals(adapterOf(undisturbed))).toBe(true);
    const points = await stack.db.query<{ count: string }[]>(
      `SELECT count(*) AS count FROM run_points WHERE run_id = $1`,
      [killed],
    );
    expect(Number(points[0]?.count)).toBe(49);
    // Another worker waits until the dead one's lease has run out.
  }, 180_000);
});
