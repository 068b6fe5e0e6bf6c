/** Runs that answer themselves, by the training worker as built: every kind ends as a version, and one that was stopped goes on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutGroup } from '../../common/contracts/run-events.js';
import type { RunKind } from '../../common/contracts/runs.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { plantedPairs } from '../support/training-folder.js';
import { TrainingStack } from '../support/training-stack.js';

let stack: TrainingStack;
let prompts: string;

beforeAll(async () => {
  stack = await TrainingStack.create();
  const rows = Array.from({ length: 12 }, (_, index) => ({
    prompt: [{ role: 'user', content: `Question ${index}?` }],
  }));
  prompts = await stack.addDataset({ kind: 'prompt', train: rows.slice(0, 8), heldOut: rows.slice(8) });
  stack.startWorker();
});
afterAll(() => stack[Symbol.asyncDispose]());

const short = { type: 'check', check: { kind: 'length', unit: 'characters', max: 20 } };
const small = {
  rewards: [short],
  maxNewTokens: 8,
  groupSize: 2,
  batchSize: 2,
  gradientAccumulationSteps: 1,
  maxSteps: 2,
  evalEverySteps: null,
};
const readRollouts = (runId: string) =>
  stack.db.query<{ step: number; groups: RolloutGroup[] }[]>(
    `SELECT step, groups FROM run_rollouts WHERE run_id = $1 ORDER BY step`,
    [runId],
  );

describe('a run that answers itself', () => {
  it.each<RunKind>(['grpo', 'rloo', 'ppo', 'best_of_n'])(
    'ends as a version and leaves its answers: %s',
    async (kind) => {
      const runId = await stack.addRun({ ...small, kind }, prompts);
      const run = await stack.untilState(runId, 'succeeded');
      const rollouts = await readRollouts(runId);
      expect(rollouts.map(({ step }) => step)).toEqual([1, 2]);
      const [answer] = rollouts[0]?.groups[0]?.answers ?? [];
      expect(answer?.rewards).toEqual({ length: expect.any(Number) });
      expect(run.metrics['reward']).toEqual(expect.any(Number));
      const version = await stack.db
        .getRepository(ModelVersionEntity)
        .findOneByOrFail({ id: run.resultVersionId ?? '' });
      expect(version.lineage).toMatchObject({ config: { kind } });
    },
    180_000,
  );

  it('learns from a reward model, with another one that only judges', async () => {
    const pairs = await stack.addDataset({
      kind: 'preference',
      train: plantedPairs(16),
      heldOut: plantedPairs(20).slice(16),
    });
    const makeReward = async (seed: number) => {
      const runId = await stack.addRun({ kind: 'reward', batchSize: 8, seed }, pairs);
      return (await stack.untilState(runId, 'succeeded')).resultVersionId ?? '';
    };
    const [first, second] = [await makeReward(1), await makeReward(2)];
    const runId = await stack.addRun(
      {
        ...small,
        kind: 'grpo',
        rewards: [{ type: 'model', versionId: first }, short],
        heldOutRewardVersionId: second,
      },
      prompts,
    );
    const { metrics } = await stack.untilState(runId, 'succeeded');
    for (const name of ['rewards/model/mean', 'rewards/length/mean', 'rewards/held_out/mean'])
      expect(metrics[name], name).toEqual(expect.any(Number));
  }, 240_000);

  it('goes on from its checkpoint after it was cancelled, and does the steps after it again', async () => {
    const config = { ...small, kind: 'grpo', epochs: 100, maxSteps: 150, checkpointEverySteps: 2 };
    const runId = await stack.addRun(config, prompts);
    await stack.untilRun(runId, ({ step }) => step >= 4);
    await stack.db.query(`UPDATE runs SET cancel_requested = true WHERE id = $1`, [runId]);
    const { step } = await stack.untilState(runId, 'cancelled');
    expect(step).toBeLessThan(150);
    await stack.db.query(`UPDATE runs SET state = 'queued', finished_at = NULL WHERE id = $1`, [runId]);
    await stack.untilState(runId, 'succeeded');
    const steps = (await readRollouts(runId)).map((rollout) => rollout.step);
    expect(steps).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));
  }, 240_000);
});
