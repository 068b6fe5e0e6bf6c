/** Judging a trained version and putting it live: real training worker, real server, a tiny model. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  evaluationAnswerSchema,
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
    heldOut: plantedPairs(44).slice(32),
  });
  const runId = await stack.addRun({ kind: 'dpo', batchSize: 4, learningRate: 1e-3 }, datasetId);
  stack.startWorker();
  candidateId = (await stack.untilState(runId, 'succeeded')).resultVersionId ?? '';
});
afterAll(async () => {
  await server.stop();
  await stack[Symbol.asyncDispose]();
});

const evaluate = (body: { candidateId: string; datasetId: string; promptSetIds?: string[] }) =>
  client.post('/api/evaluations', body);
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
    expect(result).toMatchObject({ pairs: 12, dropped: 0, wins: 12, parity: { passes: true }, reward: null });
    // It was trained away from what is live, and is not somewhere else altogether.
    expect(result?.kl).toBeGreaterThan(0);
    // Without a word on them, the sets for regression and safety are asked.
    expect(new Set(result?.promptSets?.map(({ purpose }) => purpose))).toEqual(
      new Set(['regression', 'safety']),
    );
    expect(result?.margin).toBeGreaterThan(1);
    expect(result?.candidate.accuracy).toBeGreaterThan(result?.live.accuracy ?? 1);
    expect(result?.parity.tokens).toBeGreaterThan(10);
    expect(result?.parity.meanDifference).toBeLessThan(0.02);
    expect((await standing()).gate).toMatchObject({
      passes: true,
      by: 'held_out',
      heldOut: { wins: 12, votes: 12, votesNeeded: 0 },
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

describe('an evaluation on prompt sets', () => {
  const newSet = async (purpose: string, checks: object[], contents = ['Question 3?', 'Question 5?']) => {
    const reply = await client.post('/api/prompt-sets', { name: `${purpose} ${randomUUID()}`, purpose });
    const { id, name } = expectStatus(reply, 201) as { id: string; name: string };
    for (const content of contents) {
      const prompt = { messages: [{ role: 'user', content }], checks };
      expectStatus(await client.post(`/api/prompt-sets/${id}/prompts`, prompt), 201);
    }
    return { id, name };
  };
  const readAnswers = async (id: string) =>
    evaluationAnswerSchema.array().parse((await client.get(`/api/evaluations/${id}/answers`)).body);
  const readPrompts = async (setId: string) =>
    expectStatus(await client.get(`/api/prompt-sets/${setId}/prompts`), 200) as {
      id: string;
      messages: object[];
    }[];
  const judgedBy = async (...promptSetIds: string[]) =>
    untilEnded(
      evaluationSchema.parse(expectStatus(await evaluate({ candidateId, datasetId, promptSetIds }), 202)),
    );

  it('holds every answer to the stated rules, and closes the gate with the set that fails named', async () => {
    const asked = await newSet('quality', []);
    const [said] = await readAnswers((await judgedBy(asked.id)).id);
    expect(said?.candidate.text).not.toBe(said?.live.text);
    const content = said?.messages[0]?.content ?? '';
    const rule = { kind: 'excludes', texts: [said?.candidate.text], caseSensitive: true };
    const lost = await newSet('safety', [rule], [content]);
    const kept = await newSet('regression', [{ kind: 'length', unit: 'characters', max: 100_000 }]);
    const { id, result, state, error } = await judgedBy(lost.id, kept.id);
    expect({ state, error }).toEqual({ state: 'succeeded', error: null });
    const of = ({ name }: { name: string }) => result?.promptSets?.find((set) => set.name === name);
    expect(of(lost)).toMatchObject({ prompts: 1, candidatePasses: 0, livePasses: 1, lost: 1, passes: false });
    expect(of(kept)).toMatchObject({ candidatePasses: 2, livePasses: 2, lost: 0, passes: true });
    expect((await standing()).gate).toMatchObject({
      passes: false,
      reason: 'safety',
      failedSets: [lost.name],
      heldOut: { wins: 12 },
    });
    expect(codeOf(await promote())).toEqual([409, 'PROMOTION_GATE_CLOSED']);
    const answers = await readAnswers(id);
    expect(answers).toHaveLength(3);
    expect(answers[0]).toMatchObject({
      setId: lost.id,
      candidate: { kept: [false], passes: false },
      live: { kept: [true], passes: true },
    });

    expectStatus(await promote('The rule itself was wrong, as everybody agreed.'), 200);
    expectStatus(await rollBack(), 200);
    expect((await judgedBy()).result?.promptSets).toEqual([]);
    // What is not asked again is not taken back.
    expect((await standing()).gate).toMatchObject({ passes: false, failedSets: [lost.name] });
    const [wrong] = await readPrompts(lost.id);
    const right = { messages: wrong?.messages, checks: [{ ...rule, texts: ['what nobody says'] }] };
    expectStatus(await client.send('PUT', `/api/prompts/${wrong?.id}`, right), 200);
    await judgedBy(lost.id);
    expect((await standing()).gate).toMatchObject({ passes: true, failedSets: [] });
  });

  it('scores the answers with the reward model of the base, and says that it was one', async () => {
    const runId = await stack.addRun(
      { kind: 'reward', batchSize: 8, epochs: 3, learningRate: 1e-3 },
      datasetId,
    );
    await stack.untilState(runId, 'succeeded');
    const quality = await newSet('quality', []);
    const { id, result } = await judgedBy(quality.id);
    expect(result?.reward).toMatchObject({ rewardName: 'tiny-reward', prompts: 8 + 2 });
    expect((await standing()).gate.reward).toMatchObject({ votes: 10 });
    const answers = await readAnswers(id);
    expect(answers).toHaveLength(2);
    for (const { candidate, live } of answers)
      expect([candidate.passes, typeof candidate.score, typeof live.score]).toEqual([
        null,
        'number',
        'number',
      ]);
  });

  it('refuses a set that is not there', async () => {
    const unknown = await evaluate({ candidateId, datasetId, promptSetIds: [randomUUID()] });
    expect(codeOf(unknown)).toEqual([404, 'RESOURCE_NOT_FOUND']);
  });
});

describe('a promotion while an evaluation runs', () => {
  it('leaves the evaluation what it was begun as: it speaks against the version that was live then', async () => {
    const started = evaluationSchema.parse(
      expectStatus(await evaluate({ candidateId, datasetId, promptSetIds: [] }), 202),
    );
    expectStatus(await promote('Nobody wants to wait for the figures.'), 200);
    expect(await liveName()).toEqual(['tiny-dpo']);
    const ended = await untilEnded(started);
    expect(ended).toMatchObject({ error: null, live: { name: 'tiny' }, result: { wins: 12 } });
    // Against itself nothing has been shown; against what was live then, all of it.
    expect(await standing()).toMatchObject({ live: { name: 'tiny-dpo' }, evaluation: null });
    expectStatus(await rollBack(), 200);
    expect(await standing()).toMatchObject({ gate: { passes: true }, evaluation: { id: started.id } });
  });
});

describe('held-out rows of which the prompt was trained on', () => {
  /** As if the candidate had been trained on them: prompts of its own dataset become theirs. */
  const learn = (id: string, rowIds: readonly string[]) =>
    stack.db.query(
      `UPDATE dataset_items learnt SET prompt_hash = judging.prompt_hash
       FROM dataset_items judging
       WHERE judging.dataset_id = $1 AND judging.row_id = ANY($2) AND learnt.dataset_id = $3
         AND learnt.row_id = replace(judging.row_id, 'held_out', 'train')`,
      [id, rowIds, datasetId],
    );
  /** Of another version, begun as the candidate and trained on something else. */
  const addDescendant = async () => {
    const id = randomUUID();
    const part = { id: randomUUID(), name: 'gone' };
    await stack.db.query(
      `INSERT INTO model_versions (id, model_id, name, adapter_path, adapter_sha256, origin)
       SELECT $1, model_id, 'tiny-dpo-dpo', adapter_path, adapter_sha256, $2 FROM model_versions WHERE id = $3`,
      [id, { run: part, dataset: part, start: { id: candidateId, name: 'tiny-dpo' } }, candidateId],
    );
    return id;
  };

  it('are left out, for the version and for those that began as it, and none left is refused', async () => {
    const heldOut = plantedPairs(40).slice(32);
    const judging = await stack.addDataset({ kind: 'preference', train: plantedPairs(4), heldOut });
    const rowIds = heldOut.map((_, index) => `held_out ${index}`);
    await learn(judging, rowIds.slice(0, 3));
    const body = { candidateId, datasetId: judging, promptSetIds: [] };
    const { error, result } = await untilEnded(
      evaluationSchema.parse(expectStatus(await evaluate(body), 202)),
    );
    expect(error).toBeNull();
    expect(result).toMatchObject({ pairs: 5, leftOut: 3, dropped: 0 });

    await learn(judging, rowIds.slice(3));
    for (const id of [candidateId, await addDescendant()])
      expect(codeOf(await evaluate({ ...body, candidateId: id }))).toEqual([422, 'EVALUATION_DATA_LEARNT']);
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
      heldOut: plantedPairs(44).slice(40),
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
