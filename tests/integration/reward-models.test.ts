/** A reward model at work: a real run makes it, real workers choose and score by it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CreatedApiKey } from '../../common/contracts/accounts.js';
import type { Conversation } from '../../common/contracts/conversations.js';
import { feedbackDetailSchema } from '../../common/contracts/feedback-review.js';
import type { FeedbackEvent } from '../../common/contracts/feedback.js';
import type { Provenance } from '../../common/contracts/generation.js';
import { modelListSchema } from '../../common/contracts/models.js';
import { rewardModelSchema } from '../../common/contracts/reward-models.js';
import { expectStatus, setUpAdmin, type ApiReply, type Person } from '../support/api-client.js';
import { ChatSocket } from '../support/chat-socket.js';
import { listDescendants } from '../support/launched.js';
import {
  startInferenceWorker,
  startServer,
  type RunningProgram,
  type RunningServer,
} from '../support/programs.js';
import { plantedPairs } from '../support/training-folder.js';
import { TrainingStack } from '../support/training-stack.js';

let stack: TrainingStack;
let server: RunningServer;
let inference: RunningProgram;
let admin: Person;
let rewardId: string;
let key: string;

beforeAll(async () => {
  stack = await TrainingStack.create();
  server = await startServer(stack.services);
  admin = await setUpAdmin(server.url, stack.services.databaseUrl);
  expectStatus(await admin.client.patch('/api/me', { trainingConsent: true }), 200);
  ({ key } = expectStatus(await admin.client.post('/api/keys', { name: 'x' }), 201) as CreatedApiKey);
  const datasetId = await stack.addDataset({
    kind: 'preference',
    train: plantedPairs(64),
    heldOut: plantedPairs(72).slice(64),
  });
  const config = { kind: 'reward', batchSize: 8, epochs: 3, learningRate: 1e-3 };
  const runId = await stack.addRun(config, datasetId);
  stack.startWorker();
  rewardId = (await stack.untilState(runId, 'succeeded')).resultVersionId ?? '';
  inference = startInferenceWorker(stack.services);
});
afterAll(async () => {
  await inference.stop();
  await server.stop();
  await stack[Symbol.asyncDispose]();
});

const codeOf = ({ status, body }: ApiReply) => [status, (body as { code?: string }).code];
const choose = (versionId: string | null, modelId = stack.base.modelId) =>
  admin.client.send('PUT', `/api/models/${modelId}/judge`, { versionId });
const complete = (more: object) =>
  admin.client.send(
    'POST',
    '/v1/chat/completions',
    { model: 'tiny', messages: [{ role: 'user', content: 'Question 7?' }], max_tokens: 8, seed: 3, ...more },
    { authorization: `Bearer ${key}` },
  );
const readProvenance = async (completionId: string): Promise<Provenance> => {
  const [row] = await stack.db.query<{ provenance: Provenance }[]>(
    `SELECT g.provenance FROM completion_choices c JOIN generations g ON g.id = c.generation_id WHERE c.completion_id = $1`,
    [completionId],
  );
  if (!row) throw new Error('no such completion');
  return row.provenance;
};

/** A question in a new conversation that takes the best of three. */
async function ask(socket: ChatSocket) {
  const parameters = { modelVersionId: null, sampling: { maxTokens: 8, temperature: 1.5 }, bestOf: 3 };
  const reply = await admin.client.post('/api/conversations', { parameters });
  const { id: conversationId } = expectStatus(reply, 201) as Conversation;
  await socket.request({ type: 'conversation.watch', conversationId });
  const content = 'Question 7?';
  const { answer } = await socket.ask({ type: 'chat.send', conversationId, parentId: null, content });
  return socket.waitForEnd(answer.id, 60_000);
}

describe('what a reward run makes', () => {
  it('is a version that judges and never answers', async () => {
    const list = rewardModelSchema.array().parse((await admin.client.get('/api/reward-models')).body);
    expect(list).toMatchObject([
      { id: rewardId, name: 'tiny-reward', modelId: stack.base.modelId, isJudge: true, accuracy: 1 },
    ]);
    const { versions } = modelListSchema.parse((await admin.client.get('/api/models')).body);
    expect(versions.map(({ name }) => name)).toEqual(['tiny']);
    const listed = await admin.client.send('GET', '/v1/models', undefined, {
      authorization: `Bearer ${key}`,
    });
    expect((listed.body as { data: { id: string }[] }).data.map(({ id }) => id)).toEqual(['tiny']);
    expect((await complete({ model: 'tiny-reward' })).status).toBe(404);
    const standing = await admin.client.get(`/api/versions/${rewardId}/standing`);
    expect(codeOf(standing)).toEqual([404, 'RESOURCE_NOT_FOUND']);
  });

  it('is chosen by an admin for its own base alone', async () => {
    expect(expectStatus(await choose(rewardId), 200)).toMatchObject([{ id: rewardId, isJudge: true }]);
    expect(codeOf(await choose(stack.base.versionId))).toEqual([404, 'RESOURCE_NOT_FOUND']);
    await stack.db.query(
      `INSERT INTO models (id, name, source, path, size_bytes, sha256, architecture, parameters, context_tokens)
       SELECT gen_random_uuid(), 'Other', 'file:o', 'o', 1, 'other', 'llama', 1, 256`,
    );
    const [other] = await stack.db.query<{ id: string }[]>(`SELECT id FROM models WHERE name = 'Other'`);
    expect(codeOf(await choose(rewardId, other?.id))).toEqual([422, 'REWARD_MODEL_OTHER_BASE']);
    expectStatus(await choose(null), 200);
  });
});

describe('best of N', () => {
  it('gives the one of several answers that scores best, by the API, and says so', async () => {
    const reply = expectStatus(await complete({ best_of: 4, temperature: 1.5 }), 200);
    const { id, choices, usage } = reply as {
      id: string;
      choices: { message: { content: string } }[];
      usage: { completion_tokens: number };
    };
    const { bestOf, seed } = await readProvenance(id);
    expect(bestOf).toMatchObject({ rewardVersionId: rewardId, rewardName: 'tiny-reward' });
    expect(bestOf?.scores).toHaveLength(4);
    // What was not given was written, too.
    expect(usage.completion_tokens).toBeGreaterThan(8);
    const best = bestOf?.scores.indexOf(Math.max(...bestOf.scores)) ?? -1;
    expect(seed).toBe(3 + best);
    const alone = expectStatus(await complete({ temperature: 1.5, seed }), 200) as {
      choices: typeof choices;
    };
    expect(choices).toEqual(alone.choices);
  });

  it('stays in memory between answers', async () => {
    const scorers = () =>
      listDescendants(inference.pid).filter(({ command }) => command.includes('score-child'));
    expectStatus(await complete({ best_of: 2, temperature: 1.5 }), 200);
    const before = scorers();
    expect(before).toHaveLength(1);
    await delay(500);
    expectStatus(await complete({ best_of: 2, temperature: 1.5 }), 200);
    expect(scorers()).toEqual(before);
  });

  it('streams, and refuses what it cannot choose from', async () => {
    const streamed = String(expectStatus(await complete({ best_of: 2, stream: true }), 200));
    expect(streamed.match(/^data: /gm)?.length).toBeGreaterThan(2);
    expect(streamed).toContain('data: [DONE]');
    expect((await complete({ best_of: 2, n: 2 })).status).toBe(400);
    await stack.db.query(`UPDATE model_versions SET is_reward_model = false WHERE id = $1`, [rewardId]);
    const refused = await complete({ best_of: 2 });
    await stack.db.query(`UPDATE model_versions SET is_reward_model = true WHERE id = $1`, [rewardId]);
    expect([refused.status, (refused.body as { error: { code: string } }).error.code]).toEqual([
      400,
      'reward_model_none',
    ]);
  });

  it('tells the chat how far it is, then gives the winner', async () => {
    using socket = await ChatSocket.open(admin.client);
    const message = await ask(socket);
    expect(message.status).toBe('complete');
    expect(message.generation?.provenance?.bestOf?.scores).toHaveLength(3);
    const events = socket.received.flatMap((one) => (one.type === 'generation.event' ? [one.event] : []));
    const progress = events.flatMap((event) => (event.type === 'progress' ? [event] : []));
    expect(progress.map(({ written }) => written)).toEqual([0, 1, 2, 3]);
    const types = events.map(({ type }) => type);
    expect(types.indexOf('delta')).toBeGreaterThan(types.lastIndexOf('progress'));
    expect(socket.readText(message.id)).toBe(message.content);
  });

  it('fails with the reason where the reward model’s file is gone, and answers plainly without best of N', async () => {
    const [row] = await stack.db.query<{ path: string }[]>(
      `SELECT adapter_path AS path FROM model_versions WHERE id = $1`,
      [rewardId],
    );
    await stack.db.query(`UPDATE model_versions SET adapter_path = 'adapters/none.gguf' WHERE id = $1`, [
      rewardId,
    ]);
    using socket = await ChatSocket.open(admin.client);
    const message = await ask(socket);
    await stack.db.query(`UPDATE model_versions SET adapter_path = $2 WHERE id = $1`, [rewardId, row?.path]);
    expect([message.status, message.generation?.error?.code]).toEqual(['failed', 'GGUF_MISSING']);
    expectStatus(await complete({}), 200);
  });
});

describe('a raters’ queue', () => {
  it('has its pairs scored in the background, for the least sure to come first', async () => {
    const other = randomUUID();
    await stack.db.query(`INSERT INTO model_versions (id, model_id, name) VALUES ($1, $2, 'tiny again')`, [
      other,
      stack.base.modelId,
    ]);
    const set = await admin.client.post('/api/prompt-sets', { name: 'Two', purpose: 'quality' });
    const { id: promptSetId } = expectStatus(set, 201) as { id: string };
    const contents = ['Question 3?', 'Question 5?'];
    for (const content of contents) {
      const prompt = { messages: [{ role: 'user', content }], checks: [] };
      expectStatus(await admin.client.post(`/api/prompt-sets/${promptSetId}/prompts`, prompt), 201);
    }
    const prompts = { type: 'prompt_set', promptSetId };
    const body = { name: 'Blind', firstId: stack.base.versionId, secondId: other, prompts, maxTokens: 8 };
    expectStatus(await admin.client.post('/api/rating-queues', body), 201);
    await vi.waitFor(
      async () => {
        const [row] = await stack.db.query<{ count: number }[]>(
          `SELECT count(*)::int AS count FROM answer_scores s JOIN generations g ON g.id = s.generation_id
           WHERE g.rating_pair_id IS NOT NULL AND s.reward_version_id = $1`,
          [rewardId],
        );
        expect(row?.count).toBe(4);
      },
      { timeout: 60_000, interval: 200 },
    );

    // What has been scored is known the next time: of three prompts the one that is least sure is asked, and the one that nobody knows.
    const unknown = { messages: [{ role: 'user', content: 'Question 8?' }], checks: [] };
    expectStatus(await admin.client.post(`/api/prompt-sets/${promptSetId}/prompts`, unknown), 201);
    await stack.db.query(
      `UPDATE answer_scores s SET score = CASE p.turns->0->>'content' WHEN $1 THEN 9 ELSE 1 END
       FROM rating_pairs p WHERE p.first_generation_id = s.generation_id`,
      [contents[0]],
    );
    await stack.db.query(
      `UPDATE answer_scores s SET score = 0 FROM rating_pairs p WHERE p.second_generation_id = s.generation_id`,
    );
    const again = await admin.client.post('/api/rating-queues', { ...body, name: 'Again', maxPairs: 2 });
    const { id: queueId } = expectStatus(again, 201) as { id: string };
    const asked = await stack.db.query<{ content: string }[]>(
      `SELECT turns->0->>'content' AS content FROM rating_pairs WHERE queue_id = $1 ORDER BY position`,
      [queueId],
    );
    expect(asked.map(({ content }) => content)).toEqual([contents[1], unknown.messages[0]?.content]);
  });
});

describe('the server’s own comparisons', () => {
  const median = (values: readonly number[]) => {
    const sorted = values.toSorted((a, b) => a - b);
    const at = (index: number) => sorted[index] ?? Number.NaN;
    return (at(Math.floor((sorted.length - 1) / 2)) + at(Math.ceil((sorted.length - 1) / 2))) / 2;
  };
  const weigh = async (comparisonId: string) => {
    const [row] = await stack.db.query<{ lead: number; isRevealed: boolean; isBetterShown: boolean }[]>(
      `SELECT x.score - y.score AS lead, c.revealed_at IS NOT NULL AS "isRevealed",
         o.leaf_id = CASE WHEN x.score > y.score THEN c.left_id ELSE c.right_id END AS "isBetterShown"
       FROM comparisons c JOIN conversations o ON o.id = c.conversation_id
         JOIN messages l ON l.id = c.left_id JOIN answer_scores x ON x.generation_id = l.generation_id
         JOIN messages r ON r.id = c.right_id JOIN answer_scores y ON y.generation_id = r.generation_id
       WHERE c.id = $1`,
      [comparisonId],
    );
    if (!row) throw new Error('it has not been weighed yet');
    return row;
  };
  /** Whether both answers have words, once they are whole: the tiny model's may have none, and no score then. */
  const haveWords = async (comparisonId: string) => {
    const [row] = await stack.db.query<{ areWhole: boolean; haveWords: boolean }[]>(
      `SELECT bool_and(m.status = 'complete') AS "areWhole", bool_and(m.content ~ '\\S') AS "haveWords"
       FROM comparisons c JOIN messages m ON m.id IN (c.left_id, c.right_id) WHERE c.id = $1`,
      [comparisonId],
    );
    if (!row?.areWhole) throw new Error('it is not whole yet');
    return row.haveWords;
  };
  const begin = async (socket: ChatSocket, content: string): Promise<string> => {
    const parameters = { modelVersionId: null, sampling: { maxTokens: 8, temperature: 1.5 } };
    const reply = await admin.client.post('/api/conversations', { parameters });
    const { id: conversationId } = expectStatus(reply, 201) as Conversation;
    await socket.request({ type: 'conversation.watch', conversationId });
    const { compared } = await socket.ask({ type: 'chat.send', conversationId, parentId: null, content });
    return compared?.comparison.id ?? '';
  };
  const set = (more: object) =>
    admin.client.send('PUT', '/api/comparisons/settings', {
      share: 0,
      candidates: { type: 'seeds' },
      ...more,
    });

  it('are left to people where the reward model is less sure than usual, and settled where it is surer', async () => {
    expectStatus(await set({ share: 1, asksUnsure: true }), 200);
    using socket = await ChatSocket.open(admin.client);
    const leads: number[] = [];
    for (let count = 0; leads.length < 14; count++) {
      const id = await begin(socket, `Question ${count}?`);
      if (!(await vi.waitFor(() => haveWords(id), { timeout: 30_000, interval: 50 }))) continue;
      const { lead } = await vi.waitFor(() => weigh(id), { timeout: 30_000, interval: 100 });
      leads.push(Math.abs(lead));
      const isSettled = leads.length >= 10 && Math.abs(lead) > median(leads);
      if (isSettled)
        await vi.waitFor(
          async () => expect(await weigh(id)).toMatchObject({ isRevealed: true, isBetterShown: true }),
          { timeout: 10_000, interval: 50 },
        );
      else expect((await weigh(id)).isRevealed).toBe(false);
    }
    expectStatus(await set({}), 200);
  });
});

describe('a rated answer', () => {
  it('is scored when an admin asks, and the score is kept with the name of the reward model', async () => {
    using socket = await ChatSocket.open(admin.client);
    const { id } = await ask(socket);
    const thumb = await admin.client.send('PUT', `/api/messages/${id}/thumb`, { value: 'up' });
    const { id: eventId } = expectStatus(thumb, 200) as FeedbackEvent;
    const event = `/api/feedback/events/${eventId}`;
    expect(feedbackDetailSchema.parse((await admin.client.get(event)).body).scores).toEqual([]);
    const scored = feedbackDetailSchema.parse(
      expectStatus(await admin.client.post(`${event}/scores`), 200),
    ).scores;
    expect(scored).toMatchObject([{ messageId: id, rewardName: 'tiny-reward' }]);
    // Deleting the reward model leaves what it said.
    await stack.db.query(`DELETE FROM model_versions WHERE id = $1`, [rewardId]);
    expect(feedbackDetailSchema.parse((await admin.client.get(event)).body).scores).toEqual(scored);
    expect(codeOf(await admin.client.post(`${event}/scores`))).toEqual([422, 'REWARD_MODEL_NONE']);
  });
});
