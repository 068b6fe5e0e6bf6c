/** From a piece of feedback to the versions that learnt from it, and from a version back to its base: real training worker, real server. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { learnerSchema, versionLineageSchema } from '../../common/contracts/lineage.js';
import { feedbackDetailSchema, feedbackPageSchema } from '../../common/contracts/feedback-review.js';
import { runConfigSchema } from '../../common/contracts/runs.js';
import { rememberSources } from '../../worker/training/version-sources.js';
import { expectStatus, setUpAdmin, type ApiClient } from '../support/api-client.js';
import { startServer, type RunningServer } from '../support/programs.js';
import { plantedPairs } from '../support/training-folder.js';
import { TrainingStack } from '../support/training-stack.js';

let stack: TrainingStack;
let server: RunningServer;
let client: ApiClient;
let datasetId: string;
/** Runs and their results, the second going on from the first. */
let first: { runId: string; versionId: string };
let second: { runId: string; versionId: string };
/** Acts of feedback that the first run learnt from. */
let eventIds: string[];

async function addEvents(count: number): Promise<string[]> {
  const [{ id: userId }] = await stack.db.query<[{ id: string }]>(`SELECT id FROM users`);
  const conversationId = randomUUID();
  await stack.db.query(`INSERT INTO conversations (id, user_id, parameters) VALUES ($1, $2, '{}')`, [
    conversationId,
    userId,
  ]);
  const ids = Array.from({ length: count }, () => randomUUID());
  for (const id of ids)
    await stack.db.query(
      `WITH said AS (
         INSERT INTO feedback_events (id, user_id, kind, subject_id, conversation_id, payload, messages, guideline_version)
         VALUES ($1, $2, 'thumb', $1, $3, '{"kind":"thumb","value":"up","tags":[],"score":null,"comment":""}', '[]', 1)
         RETURNING id, sequence, created_at)
       INSERT INTO current_feedback (user_id, kind, subject_id, event_id, is_withdrawn, sequence, created_at, owner_id,
         conversation_id, verdict, tags, script, answer_version_ids, is_usable, source)
       SELECT $2, 'thumb', id, id, false, sequence, created_at, $2, $3, 'up', '{}', 'latin', '{}', true, 'chat' FROM said`,
      [id, userId, conversationId],
    );
  return ids;
}

/** A version that a run would have made just now, with the sources of that run. */
async function remember(config: object, datasetId: string): Promise<string[]> {
  const id = randomUUID();
  await stack.db.query(`INSERT INTO model_versions (id, model_id, name) VALUES ($1, $2, $3)`, [
    id,
    stack.base.modelId,
    `made-${id}`,
  ]);
  const run = { config: runConfigSchema.parse(config), datasetId, startVersionId: stack.base.versionId };
  await rememberSources(stack.db.manager, id, run);
  const learnt = await stack.db.query<{ id: string }[]>(
    `SELECT event_id AS id FROM model_version_events WHERE model_version_id = $1`,
    [id],
  );
  return learnt.map((row) => row.id).sort();
}

async function addItem(
  datasetId: string,
  position: number,
  { kind, eventIds }: { kind: string; eventIds: string[] },
) {
  await stack.db.query(
    `INSERT INTO dataset_items (dataset_id, position, row_id, kind, split, event_ids, content_hash, prompt_hash, people)
     VALUES ($1, $2, 'row', $3, 'train', $4, 'c', 'p', '{}')`,
    [datasetId, position, kind, eventIds],
  );
}

async function train(startVersionId: string, startVersionName: string) {
  const config = { kind: 'dpo', batchSize: 4, learningRate: 1e-3 };
  const runId = await stack.addRun(config, datasetId, { startVersionId, startVersionName });
  const { resultVersionId } = await stack.untilState(runId, 'succeeded');
  return { runId, versionId: resultVersionId ?? '' };
}

beforeAll(async () => {
  stack = await TrainingStack.create();
  server = await startServer(stack.services);
  ({ client } = await setUpAdmin(server.url, stack.services.databaseUrl));
  datasetId = await stack.addDataset({
    kind: 'preference',
    train: plantedPairs(32),
    heldOut: plantedPairs(40).slice(32),
  });
  eventIds = await addEvents(3);
  await addItem(datasetId, 40, { kind: 'preference', eventIds });
  stack.startWorker();
  first = await train(stack.base.versionId, 'tiny');
  second = await train(first.versionId, 'tiny-dpo');
  const reason = 'The lineage wants a promotion.';
  expectStatus(await client.post(`/api/versions/${second.versionId}/promote`, { reason }), 200);
});
afterAll(async () => {
  await server.stop();
  await stack[Symbol.asyncDispose]();
});

const getLineage = async (id: string) =>
  versionLineageSchema.parse(expectStatus(await client.get(`/api/versions/${id}/lineage`), 200));
const getCard = async (id: string) =>
  expectStatus(await client.get(`/api/versions/${id}/card`), 200) as string;

describe('the lineage of a version', () => {
  it('goes back to its base and on to who put it live, each behind what it came from', async () => {
    const { graph, origin, training, version } = await getLineage(second.versionId);
    expect(version).toMatchObject({ name: 'tiny-dpo-dpo', isLive: true });
    expect(origin).toEqual({
      run: { id: second.runId, name: 'a run' },
      dataset: { id: datasetId, name: 'a set' },
      start: { id: first.versionId, name: 'tiny-dpo' },
    });
    expect(training).toMatchObject({ config: { kind: 'dpo', seed: 42 }, architecture: 'llama' });
    expect(graph.nodes.map(({ type, detail }) => [type, detail])).toEqual([
      ['base', null],
      ['dataset', null],
      ['run', 'dpo'],
      ['version', null],
      ['run', 'dpo'],
      ['version', null],
      ['promotion', 'forced'],
    ]);
    const ids = graph.nodes.map(({ id }) => id);
    for (const { from, to } of graph.edges) expect(ids.indexOf(from)).toBeLessThan(ids.indexOf(to));
    expect(graph.edges).toContainEqual({ from: stack.base.versionId, to: first.runId });
    expect(graph.edges).toContainEqual({ from: datasetId, to: second.runId });
    expect(graph.nodes.at(-1)?.name).toBe('admin');
  });

  it('shows the same family from its base', async () => {
    const { graph, origin, training } = await getLineage(stack.base.versionId);
    expect({ origin, training }).toEqual({ origin: null, training: null });
    expect(graph.nodes.map(({ id }) => id)).toContain(second.versionId);
  });

  it('counts the feedback in it, what it began as included, and what was erased since', async () => {
    await stack.db.query(`DELETE FROM feedback_events WHERE id = $1`, [eventIds[0]]);
    await stack.db.query(`UPDATE current_feedback SET is_withdrawn = true WHERE event_id = $1`, [
      eventIds[1],
    ]);
    for (const { versionId } of [first, second])
      expect((await getLineage(versionId)).feedback).toEqual({ learnt: 2, counted: 1, erased: 1 });
  });

  it('is found from a dataset and from an act of feedback, and leads back to the acts', async () => {
    const learners = learnerSchema
      .array()
      .parse(expectStatus(await client.get(`/api/datasets/${datasetId}/versions`), 200));
    expect(learners.map(({ id, isLive }) => [id, isLive])).toEqual([
      [second.versionId, true],
      [first.versionId, false],
    ]);
    const act = feedbackDetailSchema.parse(
      expectStatus(await client.get(`/api/feedback/events/${eventIds[2]}`), 200),
    );
    expect(act.learners.map(({ name }) => name)).toEqual(['tiny-dpo-dpo', 'tiny-dpo']);
    const acts = feedbackPageSchema.parse(
      expectStatus(await client.get(`/api/feedback?learnerIds=${first.versionId}`), 200),
    );
    expect(acts.items.map(({ id }) => id)).toEqual([eventIds[2]]);
    const summary = await client.get(`/api/feedback/summary?learnerIds=${randomUUID()}`);
    expect(expectStatus(summary, 200)).toMatchObject({ total: 0 });
  });

  it('writes a model card of what the run told and of what came since', async () => {
    const card = await getCard(second.versionId);
    expect(card).toMatch(/^# .+, after direct preference optimisation$/m);
    for (const part of [
      '## Settings',
      '## Origin',
      '| began as | tiny-dpo |',
      '| of these, erased since | 1 |',
    ])
      expect(card).toContain(part);
    expect(card).toContain('forced | tiny | admin | The lineage wants a promotion. |');
    expect(await getCard(stack.base.versionId)).toContain('| source | file:tiny |');
  });

  it('outlives the run and the dataset, which it names as gone', async () => {
    expectStatus(await client.delete(`/api/runs/${first.runId}`), 204);
    expectStatus(await client.delete(`/api/datasets/${datasetId}`), 204);
    const { graph } = await getLineage(second.versionId);
    const gone = graph.nodes.filter(({ isGone }) => isGone).map(({ type, name }) => [type, name]);
    expect(gone).toEqual([
      ['dataset', 'a set'],
      ['run', 'a run'],
    ]);
  });
});

describe('what a version learnt from', () => {
  it('is what its run reads of a dataset, and what is mixed in', async () => {
    const [chosen, thumb, text, other] = (await addEvents(4)) as [string, string, string, string];
    const mixed = await stack.addDataset({ kind: 'sft', train: [] });
    const fed = await stack.addDataset({ kind: 'preference', train: [] });
    await addItem(fed, 0, { kind: 'preference', eventIds: [chosen] });
    await addItem(fed, 1, { kind: 'kto', eventIds: [thumb] });
    await addItem(fed, 2, { kind: 'prompt', eventIds: [thumb, chosen] });
    await addItem(mixed, 0, { kind: 'sft', eventIds: [text] });
    await addItem(mixed, 1, { kind: 'preference', eventIds: [other] });
    expect(await remember({ kind: 'dpo' }, fed)).toEqual([chosen]);
    expect(await remember({ kind: 'kto' }, fed)).toEqual([thumb]);
    const ppo = { kind: 'ppo', ptxDatasetId: mixed, ptxGamma: 1 };
    expect(await remember(ppo, fed)).toEqual([chosen, thumb, text].sort());
    expect(await remember({ ...ppo, ptxGamma: 0 }, fed)).toEqual([chosen, thumb].sort());
  });

  it('stays as long as a run is to learn from it', async () => {
    const [learnt, mixed] = [
      await stack.addDataset({ kind: 'preference', train: [] }),
      await stack.addDataset({ kind: 'sft', train: [] }),
    ];
    const config = { kind: 'ppo', ptxDatasetId: mixed, ptxGamma: 1 };
    const runId = await stack.addRun(config, learnt, { scheduledAt: new Date(Date.now() + 3_600_000) });
    for (const id of [learnt, mixed])
      expect(expectStatus(await client.delete(`/api/datasets/${id}`), 409)).toMatchObject({
        code: 'DATASET_IN_USE',
        details: { run: 'a run' },
      });
    expectStatus(await client.post(`/api/runs/${runId}/cancel`), 200);
    for (const id of [learnt, mixed]) expectStatus(await client.delete(`/api/datasets/${id}`), 204);
  });
});
