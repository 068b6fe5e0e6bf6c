/** Which held-out rows judge a version: those that make more votes, and none of what it was trained on. */
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../common/contracts/datasets.js';
import { runConfigSchema } from '../../common/contracts/runs.js';
import { DatasetEntity } from '../../common/database/dataset.entity.js';
import { listLearntRows } from '../../common/database/learnt-rows.js';
import { HeldOutRows } from '../../server/evaluations/held-out-rows.service.js';
import { expectStatus, setUpAdmin, type ApiClient } from '../support/api-client.js';
import { assistant, user } from '../support/data-rows.js';
import { registerScriptedModel } from '../support/scripted-worker.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let db: DataSource;
let client: ApiClient;
let baseId: string;

beforeAll(async () => {
  server = await startServerInProcess();
  db = server.app.get(DataSource);
  ({ client } = await setUpAdmin(server.url, server.databaseUrl));
  baseId = await registerScriptedModel(server.databaseUrl);
});
afterAll(() => server[Symbol.asyncDispose]());

const yes = [assistant('Yes.')];
const pair = (asked: string, no = 0) => ({
  prompt: [user(asked)],
  chosen: yes,
  rejected: [assistant(`No ${no}.`)],
});
const thumb = (asked: string, label: boolean, said = 0) => ({
  prompt: [user(asked)],
  completion: [assistant(`Perhaps ${said}.`)],
  label,
});
const shown = (asked: string) => ({ prompt: [user(asked)], completion: yes });
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));
const asked = (count: number, subject = 'it') => times(count, (index) => `Is ${subject} ${index}?`);

async function upload(rows: readonly object[], heldOutFraction: number): Promise<string> {
  const file = rows.map((row) => JSON.stringify(row)).join('\n');
  const path = `/api/datasets/upload?name=${randomUUID()}&fileName=rows.jsonl&format=trl-conversational&heldOutFraction=${heldOutFraction}`;
  return (expectStatus(await client.sendFile(path, file), 201) as Dataset).id;
}

/** A version that a run of these settings would have made. */
async function addVersion(config: object, datasetId: string, startId = baseId): Promise<string> {
  const id = randomUUID();
  const named = (of: string) => ({ id: of, name: of });
  await db.query(
    `INSERT INTO model_versions (id, model_id, name, adapter_path, adapter_sha256, lineage, origin)
     SELECT $1::uuid, model_id, $1::text, 'none', $2, $3, $4 FROM model_versions WHERE id = $5`,
    [
      id,
      '1'.repeat(64),
      { config: runConfigSchema.parse(config) },
      { run: named(randomUUID()), dataset: named(datasetId), start: named(startId) },
      baseId,
    ],
  );
  return id;
}

describe('what judges', () => {
  const choose = async (id: string) =>
    server.app.get(HeldOutRows).choose(await db.manager.findOneByOrFail(DatasetEntity, { id }));
  const both = (prompt: string, said = 0) => [thumb(prompt, true, said), thumb(prompt, false, said + 1)];

  it('are thumbs where they make more votes than the pairs of a few prompts', async () => {
    const pairs = asked(2, 'picked').flatMap((prompt) => times(5, (index) => pair(prompt, index)));
    const thumbs = asked(6).flatMap((prompt) => both(prompt));
    expect(await choose(await upload([...pairs, ...thumbs], 0.5))).toBe('kto');
  });

  it('are pairs where many thumbs are of a few prompts', async () => {
    const pairs = asked(4, 'picked').map((prompt) => pair(prompt));
    const thumbs = asked(2).flatMap((prompt) => times(5, (index) => both(prompt, 2 * index)).flat());
    expect(await choose(await upload([...pairs, ...thumbs], 0.5))).toBe('preference');
  });
});

describe('held-out rows that a version has learnt', () => {
  let judging: string;
  let heldOut: string[];

  beforeAll(async () => {
    judging = await upload(
      asked(8).map((prompt) => pair(prompt)),
      0.5,
    );
    const reply = await client.get(`/api/datasets/${judging}/items?kind=preference&split=held_out`);
    const items = expectStatus(reply, 200) as { row: { prompt: { content: string }[] } }[];
    heldOut = items.map(({ row }) => row.prompt[0]?.content ?? '');
    expect(heldOut).toHaveLength(4);
  });

  const countLearnt = async (versionId: string) =>
    (await listLearntRows(db.manager, { versionId, datasetId: judging, kind: 'preference' })).size;

  it('are those whose prompt its run read, which of a dataset is one kind', async () => {
    const [a = '', b = '', c = '', d = ''] = heldOut;
    const datasetId = await upload([pair(a), thumb(b, true), thumb(c, false), shown(d)], 0);
    expect(await countLearnt(await addVersion({ kind: 'dpo' }, datasetId))).toBe(1);
    expect(await countLearnt(await addVersion({ kind: 'kto' }, datasetId))).toBe(2);
  });

  it('are those whose prompt is in the text that PPO mixed in, before any later run too', async () => {
    const [a = '', b = '', c = ''] = heldOut;
    const mixed = await upload([shown(a), shown(b), pair(c)], 0);
    const prompts = await upload([{ prompt: [user('Another question?')] }], 0);
    const ppo = { kind: 'ppo', ptxDatasetId: mixed };
    expect(await countLearnt(await addVersion({ ...ppo, ptxGamma: 0 }, prompts))).toBe(0);
    const taught = await addVersion({ ...ppo, ptxGamma: 1 }, prompts);
    expect(await countLearnt(taught)).toBe(2);
    expect(await countLearnt(await addVersion({ kind: 'grpo' }, prompts, taught))).toBe(2);
  });
});
