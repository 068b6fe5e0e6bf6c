/** A dataset is not deleted while a run needs it, whoever is first. */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Dataset } from '../../common/contracts/datasets.js';
import type { RunDetail } from '../../common/contracts/run-records.js';
import { runConfigSchema } from '../../common/contracts/runs.js';
import { expectStatus, setUpAdmin, type ApiClient, type ApiReply } from '../support/api-client.js';
import { registerScriptedModel } from '../support/scripted-worker.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';
import { plantedPairs } from '../support/training-folder.js';

let server: ServerInProcess;
/** Holds a transaction open. */
let other: Client;
/** Looks on. */
let db: Client;
let client: ApiClient;
let startVersionId: string;
let datasetId: string;

beforeAll(async () => {
  server = await startServerInProcess();
  [other, db] = [1, 2].map(() => new Client({ connectionString: server.databaseUrl })) as [Client, Client];
  await Promise.all([other.connect(), db.connect()]);
  ({ client } = await setUpAdmin(server.url, server.databaseUrl));
  startVersionId = await registerScriptedModel(server.databaseUrl);
});
afterAll(async () => {
  await Promise.all([other.end(), db.end()]);
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const file = plantedPairs(4)
    .map((row) => JSON.stringify(row))
    .join('\n');
  const path = `/api/datasets/upload?name=${randomUUID()}&fileName=rows.jsonl&format=trl-conversational`;
  datasetId = (expectStatus(await client.sendFile(path, file), 201) as Dataset).id;
});

const dpo = { kind: 'dpo' };
const create = () => client.post('/api/runs', { config: dpo, datasetId, startVersionId });
const remove = () => client.delete(`/api/datasets/${datasetId}`);
const codeOf = ({ status, body }: ApiReply) => [status, (body as { code?: string }).code];

/** Once what was asked for waits for the transaction that `other` has open. */
async function untilWaiting(): Promise<void> {
  await vi.waitFor(async () => {
    const { rowCount } = await db.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (rowCount === 0) throw new Error('nobody waits');
  }, 10_000);
}

describe('the deletion of a dataset', () => {
  it('waits for a run that is being made, and is refused then', async () => {
    await other.query('BEGIN');
    await other.query('SELECT FROM datasets WHERE id = $1 FOR SHARE', [datasetId]);
    const deletion = remove();
    await untilWaiting();
    await other.query(
      `INSERT INTO runs (id, name, kind, config, model_id, model_name, start_version_id, start_version_name, dataset_id, dataset_name, sample_prompts)
       SELECT $1, 'just now', 'dpo', $2, model_id, 'scripted', id, name, $3, 'pairs', '[]' FROM model_versions WHERE id = $4`,
      [randomUUID(), runConfigSchema.parse(dpo), datasetId, startVersionId],
    );
    await other.query('COMMIT');
    expect(codeOf(await deletion)).toEqual([409, 'DATASET_IN_USE']);
  });

  it.each(['made', 'resumed'])('keeps a run from being %s that would learn from it', async (how) => {
    const { id } = expectStatus(await create(), 201) as RunDetail;
    expectStatus(await client.post(`/api/runs/${id}/cancel`), 200);
    await other.query('BEGIN');
    await other.query('SELECT FROM datasets WHERE id = $1 FOR UPDATE', [datasetId]);
    const run = how === 'made' ? create() : client.post(`/api/runs/${id}/resume`);
    await untilWaiting();
    await other.query('DELETE FROM datasets WHERE id = $1', [datasetId]);
    await other.query('COMMIT');
    expect(codeOf(await run)).toEqual([404, 'RESOURCE_NOT_FOUND']);
  });

  it('is not refused for a mix that weighs nothing', async () => {
    const { id } = expectStatus(await create(), 201) as RunDetail;
    const ppo = { kind: 'ppo', ptxDatasetId: datasetId };
    const config = (ptxGamma: number) => runConfigSchema.parse({ ...ppo, ptxGamma });
    const give = (ptxGamma: number) =>
      db.query(`UPDATE runs SET config = $2, dataset_id = $3 WHERE id = $1`, [
        id,
        config(ptxGamma),
        randomUUID(),
      ]);
    await give(1);
    expect(codeOf(await remove())).toEqual([409, 'DATASET_IN_USE']);
    await give(0);
    expectStatus(await remove(), 204);
  });
});
