/** Rounds that train in stages by the classic recipe: a reward model, and runs that answer themselves and are judged by it. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Dataset } from '../../common/contracts/datasets.js';
import { roundSchema, type Round } from '../../common/contracts/rounds.js';
import type { RunEntity } from '../../common/database/run.entity.js';
import { expectStatus, setUpAdmin, type ApiClient } from '../support/api-client.js';
import { startServer, type RunningServer } from '../support/programs.js';
import { plantedPairs } from '../support/training-folder.js';
import { TrainingStack } from '../support/training-stack.js';

let stack: TrainingStack;
let server: RunningServer;
let client: ApiClient;
let beside: string[];

beforeAll(async () => {
  stack = await TrainingStack.create();
  server = await startServer(stack.services);
  ({ client } = await setUpAdmin(server.url, stack.services.databaseUrl));
  stack.startWorker();
  const prompts = Array.from({ length: 12 }, (_, index) => ({
    prompt: [{ role: 'user', content: `What is ${index}?` }],
  }));
  beside = [await upload('pairs', plantedPairs(40)), await upload('prompts', prompts)];
});
afterAll(async () => {
  await server.stop();
  await stack[Symbol.asyncDispose]();
});

async function upload(name: string, rows: readonly object[]): Promise<string> {
  const path = `/api/datasets/upload?name=${name}&fileName=${name}.jsonl&format=trl-conversational`;
  const file = rows.map((row) => JSON.stringify(row)).join('\n');
  return (expectStatus(await client.sendFile(path, file), 201) as Dataset).id;
}

const reward = { kind: 'reward', batchSize: 8, maxSteps: 4 };
const answering = (kind: string, ...rewards: object[]) => ({
  kind,
  rewards,
  maxNewTokens: 8,
  groupSize: 2,
  gradientAccumulationSteps: 1,
  maxSteps: 2,
  evalEverySteps: null,
});
const ownModel = { type: 'round_model', weight: 1 };
const brief = { type: 'check', check: { kind: 'length', unit: 'characters', max: 20 }, weight: 0.5 };

async function goAround(stages: object[], from = beside): Promise<Round> {
  const plan = { data: { beside: from }, recipe: { type: 'stages', stages }, promptSetIds: [] };
  const path = `/api/models/${stack.base.modelId}`;
  expectStatus(await client.send('PUT', `${path}/round-plan`, plan), 200);
  const { id } = roundSchema.parse(expectStatus(await client.post(`${path}/rounds`), 201));
  return vi.waitFor(
    async () => {
      const round = roundSchema.parse(expectStatus(await client.get(`/api/rounds/${id}`), 200));
      if (round.state === 'running') throw new Error(`It is at ${round.step}.`);
      return round;
    },
    { timeout: 170_000, interval: 300 },
  );
}
const runsOf = ({ runs }: Round) => Promise.all(runs.map(({ id }) => stack.getRun(id)));
/** What judged the answers of a run. */
const judgesOf = (run: RunEntity | undefined) =>
  run && 'rewards' in run.config
    ? run.config.rewards.map((given) => (given.type === 'model' ? given.versionId : given.type))
    : [];

describe('a round with a reward model of its own', { timeout: 180_000 }, () => {
  it('lets it judge every run after it that answers itself, each from what the one before made', async () => {
    const round = await goAround([
      reward,
      answering('grpo', ownModel, brief),
      answering('ppo', ownModel),
      answering('best_of_n', ownModel),
    ]);
    expect(round.error).toBeNull();
    const [judge, first, second, third] = await runsOf(round);
    const made = judge?.resultVersionId;
    expect(made).toEqual(expect.any(String));
    expect([first, second, third].map(judgesOf)).toEqual([[made, 'check'], [made], [made]]);
    expect([judge, first, second, third].map((run) => run?.startVersionId)).toEqual([
      round.start.id,
      round.start.id,
      first?.resultVersionId,
      second?.resultVersionId,
    ]);
    expect(round).toMatchObject({
      candidate: { id: third?.resultVersionId },
      evaluation: { state: 'succeeded' },
    });
    expect(['asking', 'kept']).toContain(round.state);
    if (round.state === 'asking') expectStatus(await client.post(`/api/rounds/${round.id}/decline`), 200);
    const body = { reason: 'The next round is to start from it.' };
    expectStatus(await client.post(`/api/versions/${round.candidate?.id}/promote`, body), 200);
  });

  it('trains the next one on the version that it goes on from', async () => {
    const round = await goAround([reward, answering('rloo', ownModel)]);
    expect(round.error).toBeNull();
    const [judge, policy] = await runsOf(round);
    expect(round.start.name).toMatch(/-best-of-n$/);
    expect(judge?.startVersionId).toBe(round.start.id);
    expect(judgesOf(policy)).toEqual([judge?.resultVersionId]);
    expect(policy?.metrics['rewards/model/mean']).toEqual(expect.any(Number));
    expect(round.candidate?.id).toBe(policy?.resultVersionId);
  });

  it('begins no run where the data hold nothing for the last of them', async () => {
    const round = await goAround([reward, answering('grpo', ownModel)], beside.slice(0, 1));
    expect(round).toMatchObject({
      state: 'failed',
      step: 'dataset',
      runs: [],
      error: { code: 'RUN_DATA_UNFIT', details: { kind: 'grpo', needs: 'prompt' } },
    });
  });
});
