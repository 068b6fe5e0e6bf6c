/** A run that answers itself is queued only when what rewards its answers is here, and fits. */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../common/contracts/datasets.js';
import { runDetailSchema } from '../../common/contracts/run-records.js';
import { expectStatus, setUpAdmin, type Person } from '../support/api-client.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let db: Client;
let admin: Person;
let prompts: string;
let pairs: string;
let base: { modelId: string; versionId: string };
let other: { modelId: string; versionId: string };

beforeAll(async () => {
  server = await startServerInProcess();
  admin = await setUpAdmin(server.url, server.databaseUrl);
  db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
  [base, other] = [await addModel(), await addModel()];
  prompts = await addDataset('{"prompt":"Do whales sleep?"}');
  pairs = await addDataset('{"prompt":"Do whales sleep?","chosen":"Yes.","rejected":"No."}');
});
afterAll(async () => {
  await db.end();
  await server[Symbol.asyncDispose]();
});

async function addModel(): Promise<{ modelId: string; versionId: string }> {
  const modelId = randomUUID();
  await db.query(
    `INSERT INTO models (id, name, source, path, size_bytes, sha256, architecture, parameters, context_tokens)
     VALUES ($1::uuid, $1::text, 'file:none', 'none', 1, $1::text, 'llama', 1, 512)`,
    [modelId],
  );
  return { modelId, versionId: await addVersion(modelId, { adapter: null, isRewardModel: false }) };
}
async function addVersion(
  modelId: string,
  { adapter, isRewardModel }: { adapter: string | null; isRewardModel: boolean },
): Promise<string> {
  const id = randomUUID();
  await db.query(
    `INSERT INTO model_versions (id, model_id, name, adapter_path, is_reward_model) VALUES ($1::uuid, $2, $3, $4, $5)`,
    [id, modelId, `version ${id}`, adapter, isRewardModel],
  );
  return id;
}
const addReward = (modelId = base.modelId) => addVersion(modelId, { adapter: 'a.gguf', isRewardModel: true });
const addTrained = (modelId = base.modelId) =>
  addVersion(modelId, { adapter: 'a.gguf', isRewardModel: false });
async function addDataset(line: string): Promise<string> {
  const query = `name=d&fileName=d.jsonl&format=trl-conversational&heldOutFraction=0`;
  const reply = await admin.client.sendFile(`/api/datasets/upload?${query}`, line);
  return (expectStatus(reply, 201) as Dataset).id;
}
const queue = (config: object, datasetId = prompts) =>
  admin.client.post('/api/runs', {
    config: { kind: 'grpo', ...config },
    datasetId,
    startVersionId: base.versionId,
  });
const codeOf = async (config: object, datasetId?: string) => {
  const { status, body } = await queue(config, datasetId);
  return [status, (body as { code?: string }).code];
};
const question = { type: 'check', check: { kind: 'ends_with_question' } };
const model = (versionId: string) => ({ type: 'model', versionId });

describe('a run that answers itself', () => {
  it('is queued with reward models of its base, checks and judges', async () => {
    const [first, second, judge] = [await addReward(), await addReward(), await addTrained()];
    const rewards = [
      question,
      { ...model(first), weight: 2 },
      { type: 'judge', prompt: 'Is it polite?', versionId: judge },
      { type: 'judge', prompt: 'Is it true?' },
    ];
    const reply = await queue({ rewards, heldOutRewardVersionId: second });
    const { config } = runDetailSchema.parse(expectStatus(reply, 201));
    expect(config).toMatchObject({ kind: 'grpo', rewards: [{ weight: 1 }, { weight: 2 }, {}, {}] });
  });

  it('needs prompts and a reward', async () => {
    expect(await codeOf({ rewards: [question] }, pairs)).toEqual([422, 'RUN_DATA_UNFIT']);
    expect(await codeOf({})).toEqual([422, 'RUN_REWARD_MISSING']);
    expect(await codeOf({ rewards: [model(randomUUID())] })).toEqual([409, 'RUN_REWARD_GONE']);
    expect(await codeOf({ rewards: [model('no id')] })).toEqual([409, 'RUN_REWARD_GONE']);
  });

  it('takes no reward model of another base, and nothing for what it is not', async () => {
    expect(await codeOf({ rewards: [model(await addReward(other.modelId))] })).toEqual([
      422,
      'RUN_REWARD_UNFIT',
    ]);
    expect(await codeOf({ rewards: [model(await addTrained())] })).toEqual([422, 'RUN_REWARD_UNFIT']);
    const judge = { type: 'judge', prompt: 'Is it polite?', versionId: await addReward() };
    expect(await codeOf({ rewards: [judge] })).toEqual([422, 'RUN_REWARD_UNFIT']);
    expect(
      await codeOf({ rewards: [question], heldOutRewardVersionId: await addReward(other.modelId) }),
    ).toEqual([422, 'RUN_REWARD_UNFIT']);
    const learnt = await addReward();
    expect(await codeOf({ rewards: [model(learnt)], heldOutRewardVersionId: learnt })).toEqual([
      422,
      'RUN_CONFIG_INVALID',
    ]);
  });

  it('needs checks that can be used, and text for a mix', async () => {
    const schema = { type: 'colour' };
    expect(await codeOf({ rewards: [{ type: 'check', check: { kind: 'json_schema', schema } }] })).toEqual([
      422,
      'CHECK_INVALID',
    ]);
    const ppo = { kind: 'ppo', rewards: [question], ptxGamma: 1 };
    expect(await codeOf(ppo)).toEqual([422, 'RUN_MIX_MISSING']);
    expect(await codeOf({ ...ppo, ptxDatasetId: randomUUID() })).toEqual([404, 'RESOURCE_NOT_FOUND']);
    expect(await codeOf({ ...ppo, ptxDatasetId: prompts })).toEqual([422, 'RUN_DATA_UNFIT']);
  });
});
