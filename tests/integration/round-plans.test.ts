/**
 * When rounds begin by themselves, when they stop, and what they wait for: what training and judging come to is written by the test, where
 * the workers would write it.
 */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../common/contracts/datasets.js';
import type { EvaluationResult } from '../../common/contracts/evaluations.js';
import { circleSchema, type Circle, type Round } from '../../common/contracts/rounds.js';
import { runConfigSchema } from '../../common/contracts/runs.js';
import { RoundDriver } from '../../server/rounds/round-driver.service.js';
import { RoundStarter } from '../../server/rounds/round-starter.service.js';
import { expectStatus, setUpAdmin, type Person } from '../support/api-client.js';
import { JudgedAnswers } from '../support/judged-answers.js';
import { registerScriptedVersion } from '../support/scripted-version.js';
import { registerScriptedModel } from '../support/scripted-worker.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let db: Client;
let ann: Person;
let judged: JudgedAnswers;
let modelId: string;
let baseId: string;

beforeAll(async () => {
  server = await startServerInProcess();
  db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
  ann = await setUpAdmin(server.url, server.databaseUrl);
  await ann.client.patch('/api/me', { trainingConsent: true });
  judged = new JudgedAnswers(server);
});
afterAll(async () => {
  await db.end();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await db.query(`DELETE FROM models`);
  await db.query(`DELETE FROM conversations`);
  baseId = await registerScriptedModel(server.databaseUrl);
  modelId = await modelOf(baseId);
});

async function modelOf(versionId: string): Promise<string> {
  const { rows } = await db.query<{ id: string }>(`SELECT model_id AS id FROM model_versions WHERE id = $1`, [
    versionId,
  ]);
  return rows[0]?.id ?? '';
}

let asked = 0;
/** @param count  of comparisons, each of two answers to a question of its own */
async function compare(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const question = { question: `Do whales sing song ${asked++}?`, answers: ['They do.', 'No.'] };
    await judged.vote(ann.user.id, await judged.ask(ann.user.id, question), 'left');
  }
}
const savePlan = async (plan: object): Promise<void> => {
  expectStatus(await ann.client.send('PUT', `/api/models/${modelId}/round-plan`, plan), 200);
};
/** Once everything has been looked at that was there when this was called. */
async function circle(): Promise<Circle> {
  const starter = server.app.get(RoundStarter);
  for (let look = 0; look < 2; look++) await starter.look();
  const drive = async () => {
    const { rows } = await db.query<{ id: string }>(`SELECT id FROM rounds WHERE state = 'running'`);
    for (const { id } of rows) await server.app.get(RoundDriver).drive(id);
  };
  for (let go = 0; go < 2; go++) await drive();
  return circleSchema.parse(expectStatus(await ann.client.get(`/api/models/${modelId}/circle`), 200));
}
const last = async (): Promise<Round> => {
  const [round] = (await circle()).rounds;
  if (!round) throw new Error('No round was begun.');
  return round;
};
const begin = async (): Promise<Round> => {
  expectStatus(await ann.client.post(`/api/models/${modelId}/rounds`), 201);
  return last();
};
const act = ({ id }: Round, action: string) => ann.client.post(`/api/rounds/${id}/${action}`);

/** As the training worker would. @returns the round at its evaluation */
async function train(round: Round): Promise<Round> {
  await db.query(
    `UPDATE runs SET state = 'succeeded', finished_at = now(), result_version_id = $2 WHERE id = $1`,
    [round.runs.at(-1)?.id, await registerScriptedVersion(db, baseId)],
  );
  const now = await last();
  expect(now).toMatchObject({ step: 'evaluation', evaluation: { state: 'queued' } });
  return now;
}
/** As the evaluator would. @param wins  of 20 */
async function judge(round: Round, wins: number): Promise<Round> {
  const side = { accuracy: 0.5, perplexity: 2, answerLength: 10 };
  const parity = { tokens: 100, meanDifference: 0, baseDifference: 0, passes: true };
  const result: EvaluationResult = {
    pairs: 20,
    dropped: 0,
    wins,
    votes: { count: 20, won: wins },
    margin: 1,
    candidate: side,
    live: side,
    parity,
  };
  await db.query(
    `UPDATE evaluations SET state = 'succeeded', result = $2, finished_at = now() WHERE id = $1`,
    [round.evaluation?.id, JSON.stringify(result)],
  );
  return last();
}
const goAround = async (round: Round, wins: number) => judge(await train(round), wins);

describe('a plan', () => {
  it('begins a round when enough usable acts are in that the one before had not', async () => {
    await savePlan({ begin: { when: 'feedback', acts: 3 } });
    await compare(2);
    expect(await circle()).toMatchObject({ rounds: [], feedback: { usable: 2, fresh: 2 } });
    await compare(1);
    const first = await last();
    expect(first).toMatchObject({
      number: 1,
      occasion: 'feedback',
      newActs: 3,
      state: 'running',
      step: 'run',
    });
    await act(first, 'cancel');
    await compare(2);
    expect((await circle()).feedback).toMatchObject({ usable: 5, fresh: 2 });
    expect(await last()).toMatchObject({ number: 1, state: 'cancelled' });
    await compare(1);
    expect(await last()).toMatchObject({ number: 2, newActs: 3, dataset: { counts: { preference: {} } } });
  });

  it('takes the kind of run that fits the feedback, unless it names others', async () => {
    await compare(20);
    const [run] = (await begin()).runs;
    expect(run).toMatchObject({ kind: 'dpo', state: 'queued' });
  });

  it('begins the next round after one that has come to its end, not after one that was cancelled', async () => {
    await compare(20);
    await savePlan({ begin: { when: 'ended' }, promotes: 'gate' });
    expect((await circle()).rounds).toEqual([]);
    await goAround(await begin(), 20);
    const [second, first] = (await circle()).rounds;
    expect(first).toMatchObject({ number: 1, state: 'promoted', gate: { passes: true } });
    expect(second).toMatchObject({ number: 2, occasion: 'ended', newActs: 0, start: first?.candidate });
    await act(await last(), 'cancel');
    expect(await last()).toMatchObject({ number: 2 });
  });

  it('stops when two rounds in a row were not proven better, until it is saved anew', async () => {
    await compare(20);
    await savePlan({ begin: { when: 'ended' }, promotes: 'gate' });
    await goAround(await begin(), 20);
    await goAround(await last(), 11);
    expect(await circle()).toMatchObject({ stoppedAt: null, rounds: [{ number: 3 }, { state: 'kept' }, {}] });
    await goAround(await last(), 9);
    const stopped = await circle();
    expect(stopped.stoppedAt).not.toBeNull();
    expect(stopped.rounds[0]).toMatchObject({ number: 3, state: 'kept', gate: { reason: 'votes_against' } });
    await savePlan({ begin: { when: 'ended' } });
    expect(await circle()).toMatchObject({
      stoppedAt: null,
      rounds: [{ number: 4, occasion: 'ended' }, {}, {}, {}],
    });
  });
});

describe('a plan from before something was refused', () => {
  const grpo = { kind: 'grpo', rewards: [{ type: 'check', check: { kind: 'ends_with_question' } }] };
  const tight = {
    begin: { when: 'feedback', acts: 1 },
    data: { prompts: { conversations: true } },
    recipe: { type: 'stages', stages: [{ ...grpo, maxLength: 256, maxNewTokens: 256 }] },
  };
  /** Past what is refused by now. */
  const store = (id: string, plan: object) =>
    db.query(`INSERT INTO round_plans (model_id, plan, saved_at) VALUES ($1, $2, now())`, [id, plan]);

  it('is told as it stands, begins its rounds, and says what is wrong with the run', async () => {
    await compare(20);
    await store(modelId, tight);
    expect(await circle()).toMatchObject({ plan: { recipe: tight.recipe } });
    const round = await last();
    expect(round).toMatchObject({ state: 'failed', step: 'run', error: { code: 'RUN_CONFIG_INVALID' } });
    expect(round.error?.message).toContain('config.maxNewTokens');
    const reply = await ann.client.send('PUT', `/api/models/${modelId}/round-plan`, tight);
    expect(reply).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
  });

  it('keeps no other model waiting where nothing can read it any more', async () => {
    await compare(20);
    await store(modelId, { begin: { when: 'never' } });
    await db.query(`UPDATE models SET is_default = false`);
    const other = await modelOf(await registerScriptedModel(server.databaseUrl));
    await store(other, { begin: tight.begin });
    await server.app.get(RoundStarter).look();
    const { rows } = await db.query(`SELECT model_id AS id FROM rounds`);
    expect(rows).toEqual([{ id: other }]);
  });
});

describe('a plan that names what judges', () => {
  const dpo = { type: 'stages', stages: [{ kind: 'dpo' }] };
  const settings = (heldOutFraction: number) => ({ splitSettings: { heldOutFraction, seed: 42 } });
  const freeze = async (heldOutFraction: number) => {
    const body = { name: 'judging', ...settings(heldOutFraction) };
    return (expectStatus(await ann.client.post('/api/datasets', body), 201) as Dataset).id;
  };
  const learnt = { state: 'failed', step: 'dataset', runs: [], error: { code: 'EVALUATION_DATA_LEARNT' } };

  it('trains nothing that could not be judged, since it would learn all prompts that are held out', async () => {
    await compare(20);
    const judgedOn = await freeze(0.5);
    await savePlan({ judgedOn, recipe: dpo, ...settings(0) });
    const round = await begin();
    expect(round).toMatchObject(learnt);
    await act(round, 'cancel');
    await savePlan({ judgedOn, ...settings(0) });
    const proposed = await begin();
    expect(proposed).toMatchObject(learnt);
    await act(proposed, 'cancel');
    await savePlan({ judgedOn, recipe: dpo, ...settings(0.5) });
    expect(await begin()).toMatchObject({ state: 'running', step: 'run', error: null });
  });

  it('trains nothing whose beginning has learnt all prompts that are held out', async () => {
    await compare(20);
    const judgedOn = await freeze(0.5);
    const part = { id: await freeze(0), name: 'taught' };
    await db.query(`UPDATE model_versions SET origin = $2, lineage = $3 WHERE id = $1`, [
      baseId,
      { run: part, dataset: part, start: { ...part, id: randomUUID() } },
      { config: runConfigSchema.parse({ kind: 'dpo' }) },
    ]);
    await savePlan({ judgedOn, recipe: dpo, ...settings(0.5) });
    expect(await begin()).toMatchObject(learnt);
  });
});

describe('a version that passed the gate', () => {
  it('waits for a yes, and stays what it is after a no', async () => {
    await compare(20);
    const asking = await goAround(await begin(), 20);
    expect(asking).toMatchObject({ state: 'asking', promotionId: null });
    expectStatus(await act(asking, 'decline'), 200);
    expect(await circle()).toMatchObject({ live: { id: baseId }, rounds: [{ state: 'declined' }] });
  });

  it('is judged anew, and asked about anew, where another one went live meanwhile', async () => {
    await compare(20);
    const begun = await train(await begin());
    const promote = async () => {
      const path = `/api/versions/${await registerScriptedVersion(db, baseId)}/promote`;
      expectStatus(await ann.client.post(path, { reason: 'To see what becomes of it.' }), 200);
    };
    // While it is being judged.
    await promote();
    const again = await judge(begun, 20);
    expect(again).toMatchObject({ state: 'running', step: 'evaluation', evaluation: { state: 'queued' } });
    expect(again.evaluation?.id).not.toBe(begun.evaluation?.id);
    const asking = await judge(again, 20);
    expect(asking.state).toBe('asking');
    // While it waits for a yes.
    await promote();
    expectStatus(await act(asking, 'approve'), 200);
    const anew = await last();
    expect(anew).toMatchObject({ state: 'running', step: 'evaluation', promotionId: null });
    expect((await judge(anew, 20)).state).toBe('asking');
  });

  it('needs no yes any more where an admin put it live by hand', async () => {
    await compare(20);
    const asking = await goAround(await begin(), 20);
    expectStatus(await ann.client.post(`/api/versions/${asking.candidate?.id}/promote`), 200);
    expectStatus(await act(asking, 'approve'), 200);
    const { rounds, live } = await circle();
    expect(rounds[0]).toMatchObject({ state: 'promoted', candidate: { id: live.id } });
    expect(rounds[0]?.promotionId).not.toBeNull();
  });
});

describe('a round whose judging failed', () => {
  it('says why, and is judged anew when it is retried', async () => {
    await compare(20);
    const round = await train(await begin());
    const error = {
      code: 'EVALUATION_SOURCE_GONE',
      message: 'gone',
      details: { what: 'dataset' },
      retryable: false,
    };
    await db.query(`UPDATE evaluations SET state = 'failed', error = $2, finished_at = now() WHERE id = $1`, [
      round.evaluation?.id,
      JSON.stringify(error),
    ]);
    expect(await last()).toMatchObject({ state: 'failed', step: 'evaluation', error });
    expectStatus(await act(round, 'retry'), 200);
    const again = await last();
    expect(again).toMatchObject({ state: 'running', evaluation: { state: 'queued' }, error: null });
    expect((await judge(again, 20)).state).toBe('asking');
  });
});
