/** Rounds of a model with a real training worker, real servers, and what is taken away from them. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { noUse, roundCostSchema } from '../../common/contracts/costs.js';
import type { Dataset } from '../../common/contracts/datasets.js';
import { evaluationSchema } from '../../common/contracts/evaluations.js';
import { circleSchema, roundSchema, type Round, type RoundPlan } from '../../common/contracts/rounds.js';
import { expectStatus, setUpAdmin, type ApiClient, type ApiReply } from '../support/api-client.js';
import { startServer, type RunningServer } from '../support/programs.js';
import { plantedPairs, plantedThumbs } from '../support/training-folder.js';
import { TrainingStack } from '../support/training-stack.js';

let stack: TrainingStack;
/** Two, since any of them may drive a round. */
let servers: RunningServer[];
let client: ApiClient;
let pairs: string;

beforeAll(async () => {
  stack = await TrainingStack.create();
  servers = await Promise.all([startServer(stack.services), startServer(stack.services)]);
  ({ client } = await setUpAdmin(servers[0]?.url ?? '', stack.services.databaseUrl));
  stack.startWorker();
  pairs = await upload('pairs', plantedPairs(60));
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  await stack[Symbol.asyncDispose]();
});

async function upload(name: string, rows: readonly object[]): Promise<string> {
  const file = rows.map((row) => JSON.stringify(row)).join('\n');
  const path = `/api/datasets/upload?name=${name}&fileName=rows.jsonl&format=trl-conversational&heldOutFraction=0.2`;
  return (expectStatus(await client.sendFile(path, file), 201) as Dataset).id;
}
const dpo = { kind: 'dpo', batchSize: 4, learningRate: 1e-3, epochs: 3 };
const recipe = (...stages: object[]) => ({ type: 'stages', stages });
const savePlan = async (plan: object = {}): Promise<void> => {
  const body = { data: { beside: [pairs] }, recipe: recipe(dpo), promptSetIds: [], ...plan };
  expectStatus(await client.send('PUT', `/api/models/${stack.base.modelId}/round-plan`, body), 200);
};
const begin = async () => {
  const reply = await client.post(`/api/models/${stack.base.modelId}/rounds`);
  return roundSchema.parse(expectStatus(reply, 201));
};
const read = async ({ id }: Round) =>
  roundSchema.parse(expectStatus(await client.get(`/api/rounds/${id}`), 200));
const act = async ({ id }: Round, action: string) =>
  roundSchema.parse(expectStatus(await client.post(`/api/rounds/${id}/${action}`), 200));
const codeOf = ({ status, body }: ApiReply) => [status, (body as { code?: string }).code];
const circle = async () =>
  circleSchema.parse(expectStatus(await client.get(`/api/models/${stack.base.modelId}/circle`), 200));
const until = (round: Round, isSo: (round: Round) => boolean) =>
  vi.waitFor(
    async () => {
      const now = await read(round);
      if (!isSo(now))
        throw new Error(`Round ${now.number} is ${now.state} at ${now.step}: ${JSON.stringify(now.error)}`);
      return now;
    },
    { timeout: 100_000, interval: 200 },
  );
const untilState = (round: Round, ...states: Round['state'][]) =>
  until(round, ({ state }) => states.includes(state));
const countWork = async () => {
  const [counts] = await stack.db.query<[{ datasets: number; runs: number; evaluations: number }]>(
    `SELECT (SELECT count(*)::int FROM datasets) AS datasets, (SELECT count(*)::int FROM runs) AS runs,
       (SELECT count(*)::int FROM evaluations) AS evaluations`,
  );
  return counts;
};
const endless = { ...dpo, epochs: 1000, checkpointEverySteps: 20 };

describe('a round', { timeout: 180_000 }, () => {
  it('goes from feedback to a version that asks to go live, and goes live with a yes', async () => {
    await savePlan();
    const begun = await begin();
    expect(begun).toMatchObject({ number: 1, occasion: 'asked', start: { name: 'tiny' }, error: null });
    expect(codeOf(await client.post(`/api/models/${stack.base.modelId}/rounds`))).toEqual([
      409,
      'ROUND_OPEN',
    ]);
    const asking = await untilState(begun, 'asking');
    expect(asking).toMatchObject({
      step: 'promotion',
      candidate: { name: 'tiny-dpo' },
      dataset: { name: 'Rounds of Tiny v1', counts: { preference: { train: 48, held_out: 12 } } },
      runs: [{ kind: 'dpo', state: 'succeeded' }],
      evaluation: { state: 'succeeded' },
      gate: { passes: true, by: 'held_out' },
      promotionId: null,
    });
    expect((await circle()).live.name).toBe('tiny');
    await act(begun, 'approve');
    const promoted = await untilState(begun, 'promoted');
    expect(promoted.promotionId).not.toBeNull();
    expect(promoted.finishedAt).not.toBeNull();
    expect((await circle()).live.name).toBe('tiny-dpo');
    const cost = await client.get(`/api/costs/rounds/${begun.id}`);
    const { tokens, runs, evaluations, labels } = roundCostSchema.parse(expectStatus(cost, 200));
    expect([tokens, runs.computeSeconds, evaluations.computeSeconds].every((value) => value > 0)).toBe(true);
    // What it learnt from was uploaded: nobody was asked.
    expect(labels).toEqual(noUse);
    expect(codeOf(await client.post(`/api/rounds/${begun.id}/approve`))).toEqual([409, 'ROUND_STATE_UNFIT']);
  });

  it('starts from what the one before put live, and trains in stages, doing each of its steps once', async () => {
    const stages = [
      { ...dpo, epochs: 1, lora: { rank: 4 } },
      { ...dpo, kind: 'simpo', epochs: 1 },
    ];
    await savePlan({ promotes: 'gate', recipe: recipe(...stages) });
    const before = await countWork();
    const begun = await begin();
    expect(begun).toMatchObject({ number: 2, start: { name: 'tiny-dpo' } });
    const done = await untilState(begun, 'promoted', 'kept');
    expect(done.runs.map(({ kind }) => kind)).toEqual(['dpo', 'simpo']);
    const [first, second] = await Promise.all(done.runs.map(({ id }) => stack.getRun(id)));
    expect([first?.startVersionId, second?.startVersionId]).toEqual([begun.start.id, first?.resultVersionId]);
    // The shape of the adapter that it goes on from, and another draw than the first round's.
    expect(first?.config).toMatchObject({ lora: { rank: 16 }, seed: 43 });
    expect(done.candidate?.id).toBe(second?.resultVersionId);
    expect((await circle()).live.name).toBe(done.state === 'promoted' ? done.candidate?.name : 'tiny-dpo');
    const { datasets, runs, evaluations } = before;
    expect(await countWork()).toEqual({
      datasets: datasets + 1,
      runs: runs + 2,
      evaluations: evaluations + 1,
    });
  });
});

describe('a round that does not go well', { timeout: 120_000 }, () => {
  it('takes its run along when it is cancelled', async () => {
    await savePlan({ recipe: recipe(endless) });
    const round = await until(await begin(), ({ runs }) => (runs[0]?.step ?? 0) > 0);
    expect(await act(round, 'cancel')).toMatchObject({ state: 'cancelled' });
    await stack.untilState(round.runs[0]?.id ?? '', 'cancelled');
    expect(codeOf(await client.post(`/api/rounds/${round.id}/retry`))).toEqual([409, 'ROUND_STATE_UNFIT']);
  });

  it('stands still where its run was cancelled, and lets it go on when it is retried', async () => {
    await savePlan({ recipe: recipe({ ...dpo, epochs: 12 }) });
    const round = await until(await begin(), ({ runs }) => (runs[0]?.step ?? 0) > 3);
    const runId = round.runs[0]?.id ?? '';
    expectStatus(await client.post(`/api/runs/${runId}/cancel`), 200);
    expect((await untilState(round, 'failed')).error).toMatchObject({ code: 'ROUND_RUN_CANCELLED' });
    expect((await act(round, 'retry')).state).toBe('running');
    await until(round, ({ step }) => step === 'evaluation');
    expect((await act(round, 'cancel')).runs).toMatchObject([{ id: runId, state: 'succeeded' }]);
  });

  it('says so where there is nothing to learn from, again when it is retried, and can be ended', async () => {
    await savePlan({ data: {} });
    const round = await begin();
    expect((await untilState(round, 'failed')).error).toMatchObject({ code: 'DATASET_EMPTY' });
    await act(round, 'retry');
    expect(await untilState(round, 'failed')).toMatchObject({ step: 'dataset', dataset: null });
    expect(await act(round, 'cancel')).toMatchObject({
      state: 'cancelled',
      error: { code: 'DATASET_EMPTY' },
    });
  });

  it('learns from thumbs alone and is judged by them, and tells before it trains where they cannot judge', async () => {
    const splitSettings = { heldOutFraction: 0.4, seed: 42 };
    const proposed = { type: 'proposed' };
    const thumbs = await upload('thumbs', plantedThumbs(40));
    await savePlan({ data: { beside: [thumbs] }, splitSettings, recipe: proposed });
    const judged = await untilState(await begin(), 'asking', 'kept');
    expect(judged.runs).toMatchObject([{ kind: 'kto', state: 'succeeded' }]);
    const reply = await client.get(`/api/evaluations/${judged.evaluation?.id}`);
    const { judgedKind, result } = evaluationSchema.parse(expectStatus(reply, 200));
    expect(judgedKind).toBe('kto');
    expect(result?.pairs).toBeGreaterThan(0);
    if (judged.state === 'asking') await act(judged, 'decline');

    const liked = await upload(
      'liked',
      plantedThumbs(40).map((row) => ({ ...row, label: true })),
    );
    await savePlan({ data: { beside: [liked] }, splitSettings, recipe: proposed });
    const round = await untilState(await begin(), 'failed');
    expect(round).toMatchObject({ step: 'dataset', runs: [], error: { code: 'EVALUATION_DATA_UNFIT' } });
    await act(round, 'retry');
    const again = await until(
      round,
      ({ state, dataset }) => state === 'failed' && dataset?.id !== round.dataset?.id,
    );
    await act(again, 'cancel');
  });

  it('says so where the recipe makes nothing that can answer', async () => {
    await savePlan({ recipe: recipe({ kind: 'reward', batchSize: 4, maxSteps: 2 }) });
    const round = await untilState(await begin(), 'failed');
    expect(round.error).toMatchObject({ code: 'ROUND_NO_VERSION' });
    await act(round, 'cancel');
  });
});

describe('a round outlives', { timeout: 180_000 }, () => {
  it('a Redis that forgets everything, and both servers', async () => {
    await savePlan({ recipe: recipe({ ...dpo, epochs: 12 }) });
    const round = await until(await begin(), ({ runs }) => (runs[0]?.step ?? 0) > 0);
    for (const server of servers) await server.kill();
    const redis = new Redis(stack.services.redisUrl);
    await redis.flushdb();
    redis.disconnect();
    const port = new URL(client.url).port;
    servers = [await startServer({ ...stack.services, environment: { ATTUNE_PORT: port } })];
    const done = await until(round, ({ step, evaluation }) => step === 'evaluation' && evaluation !== null);
    expect(done.runs).toMatchObject([{ id: round.runs[0]?.id, state: 'succeeded' }]);
  });
});

describe('a plan', () => {
  it('is refused where what judges holds out no pairs or is not there, and where a run has nothing to learn by', async () => {
    const save = (plan: Partial<RoundPlan> | object, modelId = stack.base.modelId) =>
      client.send('PUT', `/api/models/${modelId}/round-plan`, plan);
    const nobody = '00000000-0000-4000-8000-000000000000';
    const empty = await stack.addDataset({ kind: 'preference', train: plantedPairs(2) });
    expect(codeOf(await save({ judgedOn: nobody }))).toEqual([404, 'RESOURCE_NOT_FOUND']);
    expect(codeOf(await save({ judgedOn: empty }))).toEqual([422, 'EVALUATION_DATA_UNFIT']);
    expect(codeOf(await save({}, nobody))).toEqual([404, 'RESOURCE_NOT_FOUND']);
    expect(codeOf(await save({ recipe: recipe() }))).toEqual([400, 'REQUEST_INVALID']);
    const grpo = { kind: 'grpo', rewards: [{ type: 'round_model' }] };
    expect(codeOf(await save({ recipe: recipe(grpo) }))).toEqual([422, 'ROUND_REWARD_MISSING']);
    expect(codeOf(await save({ recipe: recipe({ kind: 'ppo' }) }))).toEqual([422, 'RUN_REWARD_MISSING']);
    expect(codeOf(await save({ begin: { when: 'feedback', acts: 0 } }))).toEqual([400, 'REQUEST_INVALID']);
  });
});
