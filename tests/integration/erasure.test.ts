import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedApiKey } from '../../common/contracts/accounts.js';
import type { Dataset } from '../../common/contracts/datasets.js';
import { ApiClient, expectStatus, invite, setUpAdmin, type Person } from '../support/api-client.js';
import { registerScriptedModel, ScriptedWorker } from '../support/scripted-worker.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';
import { newAnswer } from './route-cases.js';

let server: ServerInProcess;
let worker: ScriptedWorker;
let admin: Person;
let modelName: string;

beforeAll(async () => {
  server = await startServerInProcess();
  worker = await ScriptedWorker.start(server, async (answer) => {
    await answer.say('They do, with half of the brain.');
    await answer.end();
  });
  modelName = `scripted-${await registerScriptedModel(server.databaseUrl)}`;
  admin = await setUpAdmin(server.url, server.databaseUrl);
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describe('an account that erases itself', () => {
  it('leaves nothing of what was said, asked, rated, shared or named in any table', async () => {
    const person = await invite(admin, 'user');
    const { client, user } = person;
    await client.patch('/api/me', { trainingConsent: true });
    const { conversationId, answerId } = await newAnswer(person);
    await client.post('/api/folders', { name: 'Marine biology' });
    expectStatus(await client.post(`/api/conversations/${conversationId}/shares`), 201);
    expectStatus(await client.send('PUT', `/api/messages/${answerId}/thumb`, { value: 'up' }), 200);
    const { key } = expectStatus(await client.post('/api/keys', { name: 'x' }), 201) as CreatedApiKey;
    const completion = await new ApiClient(server.url).send(
      'POST',
      '/v1/chat/completions',
      { model: modelName, messages: [{ role: 'user', content: 'Do whales sing?' }] },
      { authorization: `Bearer ${key}` },
    );
    expectStatus(completion, 200);

    await trainOnAll();

    const traces = [user.id, user.email, conversationId, 'whales', 'half of the brain', 'Marine biology'];
    const before = await findTraces(traces);
    for (const table of [
      'users',
      'sessions',
      'api_keys',
      'conversations',
      'messages',
      'generations',
      'completions',
      'folders',
      'shares',
      'dataset_items',
      'run_samples',
      'run_rollouts',
    ])
      expect(before, table).toContain(table);
    expectStatus(await client.delete('/api/me'), 204);
    expect(await findTraces(traces)).toEqual([]);
  });
});

/** A run on what was said, which told of it at a checkpoint and of its rollouts. */
async function trainOnAll(): Promise<void> {
  const reply = await admin.client.post('/api/datasets', { name: 'everything' });
  const dataset = expectStatus(reply, 201) as Dataset;
  const db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
  try {
    const runId = randomUUID();
    await db.query(
      `INSERT INTO runs (id, name, kind, config, state, model_id, model_name, start_version_id, start_version_name, dataset_id, dataset_name)
       VALUES ($1, 'a run', 'grpo', '{}', 'succeeded', $1, '', $1, '', $2, '')`,
      [runId, dataset.id],
    );
    await db.query(
      `INSERT INTO run_samples (run_id, step, position, prompt, answer) VALUES ($1, 1, 0, 'Do whales sleep?', 'No.')`,
      [runId],
    );
    await db.query(`INSERT INTO run_rollouts (run_id, step, at, groups) VALUES ($1, 1, now(), $2)`, [
      runId,
      JSON.stringify([{ prompt: 'Do whales sleep?', answers: [] }]),
    ]);
  } finally {
    await db.end();
  }
}

/** @returns the tables of which a row, written out, holds one of the texts */
async function findTraces(texts: string[]): Promise<string[]> {
  const db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
  try {
    const { rows } = await db.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`,
    );
    const found: string[] = [];
    for (const { name } of rows) {
      const hits = await db.query(
        `SELECT 1 FROM "${name}" AS row WHERE row::text ILIKE ANY (SELECT '%' || text || '%' FROM unnest($1::text[]) AS text) LIMIT 1`,
        [texts],
      );
      if (hits.rowCount) found.push(name);
    }
    return found;
  } finally {
    await db.end();
  }
}
