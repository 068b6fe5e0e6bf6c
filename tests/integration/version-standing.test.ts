/** What speaks for a version, and what does not any more: results are written by the test, where the evaluator would write them. */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { versionStandingSchema, type EvaluationResult } from '../../common/contracts/evaluations.js';
import { expectStatus, setUpAdmin, type ApiClient } from '../support/api-client.js';
import { registerScriptedVersion } from '../support/scripted-version.js';
import { registerScriptedModel } from '../support/scripted-worker.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let db: Client;
let client: ApiClient;
let liveId: string;
let candidateId: string;

beforeAll(async () => {
  server = await startServerInProcess();
  db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
  ({ client } = await setUpAdmin(server.url, server.databaseUrl));
  liveId = await registerScriptedModel(server.databaseUrl);
  candidateId = await registerScriptedVersion(db, liveId);
});
afterAll(async () => {
  await db.end();
  await server[Symbol.asyncDispose]();
});

/** Judged better by far, but for a set that it failed. */
async function judge(set: { id: string; name: string; purpose: 'safety' }): Promise<void> {
  const side = { accuracy: 0.5, perplexity: 2, answerLength: 10 };
  const failed = { prompts: 1, checked: 1, candidatePasses: 0, livePasses: 1, lost: 1, passes: false };
  const result: EvaluationResult = {
    pairs: 20,
    dropped: 0,
    wins: 20,
    votes: { count: 20, won: 20 },
    margin: 1,
    candidate: side,
    live: side,
    parity: { tokens: 100, meanDifference: 0, baseDifference: 0, passes: true },
    promptSets: [{ ...set, ...failed }],
  };
  await db.query(
    `INSERT INTO evaluations (id, candidate_id, candidate_name, live_id, live_name, dataset_id, dataset_name, state, result)
     VALUES ($1, $2, 'candidate', $3, 'live', $1, 'judging', 'succeeded', $4)`,
    [randomUUID(), candidateId, liveId, result],
  );
}
const getGate = async () => {
  const reply = await client.get(`/api/versions/${candidateId}/standing`);
  return versionStandingSchema.parse(expectStatus(reply, 200)).gate;
};

it('is not held against a version for good that it failed a set which is deleted', async () => {
  const named = { name: 'refusals', purpose: 'safety' as const };
  const { id } = expectStatus(await client.post('/api/prompt-sets', named), 201) as { id: string };
  await judge({ id, ...named });
  expect(await getGate()).toMatchObject({ passes: false, reason: 'safety', failedSets: ['refusals'] });
  expectStatus(await client.delete(`/api/prompt-sets/${id}`), 204);
  expect(await getGate()).toMatchObject({ passes: true, reason: null, failedSets: [] });
});
