/** Judging a trained version and putting it live: real training worker, real server, a tiny model. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  evaluationSchema,
  promotionSchema,
  versionStandingSchema,
  type Evaluation,
} from '../../common/contracts/evaluations.js';
import { modelListSchema } from '../../common/contracts/models.js';
import { expectStatus, setUpAdmin, type ApiClient, type ApiReply } from '../support/api-client.js';
import { startServer, type RunningServer } from '../support/programs.js';
import { plantedPairs } from '../support/training-folder.js';
import { TrainingStack } from '../support/training-stack.js';

let stack: TrainingStack;
let server: RunningServer;
let client: ApiClient;
let datasetId: string;
let candidateId: string;

beforeAll(async () => {
  stack = await TrainingStack.create();
  server = await startServer(stack.services);
  ({ client } = await setUpAdmin(server.url, stack.services.databaseUrl));
  datasetId = await stack.addDataset({
    kind: 'preference',
    train: plantedPairs(32),
    heldOut: plantedPairs(40).slice(32),
  });
  const runId = await stack.addRun({ kind: 'dpo', batchSize: 4, learningRate: 1e-3 }, datasetId);
  stack.startWorker();
  candidateId = (await stack.untilState(runId, 'succeeded')).resultVersionId ?? '';
});
afterAll(async () => {
  await server.stop();
  await stack[Symbol.asyncDispose]();
});

const evaluate = (body: { candidateId: string; datasetId: string }) => client.post('/api/evaluations', body);
const promote = (reason: string | null = null) =>
  client.post(`/api/versions/${candidateId}/promote`, { reason });
const rollBack = () => client.post(`/api/models/${stack.base.modelId}/rollback`);
const standing = async () =>
  versionStandingSchema.parse((await client.get(`/api/versions/${candidateId}/standing`)).body);
const liveName = async () => {
  const { versions } = modelListSchema.parse((await client.get('/api/models')).body);
  return versions.filter(({ isLive }) => isLive).map(({ name }) => name);
};
const codeOf = ({ status, body }: ApiReply) => [status, (body as { code?: string }).code];

async function untilEnded({ id }: Evaluation): Promise<Evaluation> {
  return vi.waitFor(
    async () => {
      const evaluation = evaluationSchema.parse((await client.get(`/api/evaluations/${id}`)).body);
      if (evaluation.finishedAt === null) throw new Error(`It is ${evaluation.state}`);
      return evaluation;
    },
    { timeout: 50_000, interval: 100 },
  );
}

describe('a trained version', () => {
  it('does not go live unjudged, and not by force without a reason', async () => {
    expect(await standing()).toMatchObject({
      live: { name: 'tiny' },
      gate: { passes: false, reason: 'not_evaluated' },
      evaluation: null,
    });
    expect(codeOf(await promote())).toEqual([409, 'PROMOTION_GATE_CLOSED']);
    expect(codeOf(await promote('because'))).toEqual([400, 'REQUEST_INVALID']);
    expect(await liveName()).toEqual(['tiny']);
  });

  it('is judged on held-out pairs against what is live, trainer and server agreeing', async () => {
    const started = evaluationSchema.parse(expectStatus(await evaluate({ candidateId, datasetId }), 202));
    expect(started).toMatchObject({ live: { name: 'tiny' }, candidate: { name: 'tiny-dpo' } });
    const { state, result, error } = await untilEnded(started);
    expect({ state, error }).toEqual({ state: 'succeeded', error: null });
    expect(result).toMatchObject({ pairs: 8, dropped: 0, wins: 8, parity: { passes: true } });
    expect(result?.margin).toBeGreaterThan(1);
    expect(result?.candidate.accuracy).toBeGreaterThan(result?.live.accuracy ?? 1);
    expect(result?.parity.tokens).toBeGreaterThan(10);
    expect(result?.parity.meanDifference).toBeLessThan(0.02);
    expect((await standing()).gate).toMatchObject({
      passes: true,
      by: 'held_out',
      heldOut: { wins: 8, votes: 8 },
    });
  });

  it('goes live once, for the chat and for the API, and back again with one call', async () => {
    const promotion = promotionSchema.parse(expectStatus(await promote(), 200));
    expect(promotion).toMatchObject({ kind: 'promotion', versionName: 'tiny-dpo', previousName: 'tiny' });
    expect(await liveName()).toEqual(['tiny-dpo']);
    expect(codeOf(await promote())).toEqual([409, 'PROMOTION_ALREADY_LIVE']);

    const undone = promotionSchema.parse(expectStatus(await rollBack(), 200));
    expect(undone).toMatchObject({ kind: 'rollback', versionName: 'tiny', gate: null });
    expect(await liveName()).toEqual(['tiny']);
    expect(codeOf(await rollBack())).toEqual([409, 'PROMOTION_NOTHING_TO_UNDO']);
    const history = promotionSchema.array().parse((await client.get('/api/promotions')).body);
    expect(history.map(({ kind, byName }) => [kind, byName])).toEqual([
      ['rollback', 'admin'],
      ['promotion', 'admin'],
    ]);
  });

  it('is put live by one of two admins who press at once', async () => {
    const replies = await Promise.all([promote(), promote()]);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await liveName()).toEqual(['tiny-dpo']);
    expectStatus(await rollBack(), 200);
  });
});

describe('an evaluation', () => {
  it('refuses what is live, what is not there, and data without held-out pairs', async () => {
    const unfit = await stack.addDataset({ kind: 'preference', train: plantedPairs(4) });
    const live = stack.base.versionId;
    expect(codeOf(await evaluate({ candidateId: live, datasetId }))).toEqual([409, 'EVALUATION_SELF']);
    expect(codeOf(await evaluate({ candidateId, datasetId: unfit }))).toEqual([422, 'EVALUATION_DATA_UNFIT']);
    expect(codeOf(await evaluate({ candidateId, datasetId: randomUUID() }))).toEqual([
      404,
      'RESOURCE_NOT_FOUND',
    ]);
  });

  it('says what failed when its files are gone', async () => {
    const broken = await stack.addDataset({
      kind: 'preference',
      train: plantedPairs(4),
      heldOut: plantedPairs(4),
    });
    await stack.db.query(`UPDATE datasets SET folder = 'datasets/none' WHERE id = $1`, [broken]);
    const started = evaluationSchema.parse(
      expectStatus(await evaluate({ candidateId, datasetId: broken }), 202),
    );
    const { state, error, result } = await untilEnded(started);
    expect({ state, result }).toEqual({ state: 'failed', result: null });
    expect(error?.code).toMatch(/^DATA_/);
  });
});
