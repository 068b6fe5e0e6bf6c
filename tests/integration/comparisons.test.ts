/** Two answers without names: that nothing tells them apart before the vote, and that a vote is one vote. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client } from 'pg';
import type { Comparison, ComparisonSettings } from '../../common/contracts/comparisons.js';
import {
  conversationTreeSchema,
  type Conversation,
  type ConversationTree,
  type Message,
} from '../../common/contracts/conversations.js';
import { versionStandingSchema } from '../../common/contracts/evaluations.js';
import {
  feedbackEventSchema,
  revealSchema,
  voteResultSchema,
  type VoteResult,
} from '../../common/contracts/feedback.js';
import { expectStatus, invite, setUpAdmin, type ApiReply, type Person } from '../support/api-client.js';
import { ChatSocket } from '../support/chat-socket.js';
import { registerScriptedVersion } from '../support/scripted-version.js';
import { registerScriptedModel, ScriptedWorker, type ScriptedAnswer } from '../support/scripted-worker.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let worker: ScriptedWorker;
let db: Client;
let ann: Person;
let ben: Person;
let liveId: string;
let challengerId: string;
let script: (answer: ScriptedAnswer) => Promise<void>;

const logProbs = [{ text: 'Hi', bytes: [72, 105], logProb: -0.5, top: [] }];
const seeds: ComparisonSettings = { share: 0, candidates: { type: 'seeds' } };

beforeAll(async () => {
  server = await startServerInProcess();
  liveId = await registerScriptedModel(server.databaseUrl);
  db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
  challengerId = await registerScriptedVersion(db, liveId);
  worker = await ScriptedWorker.start(server, (answer) => script(answer));
  ann = await setUpAdmin(server.url, server.databaseUrl);
  ben = await invite(ann, 'user');
  for (const { client } of [ann, ben])
    expectStatus(await client.patch('/api/me', { trainingConsent: true }), 200);
});
afterAll(async () => {
  await db.end();
  await worker[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  script = async (answer) => {
    await answer.say('Hi', logProbs);
    await answer.end();
  };
  await set(seeds);
});

const set = async (settings: ComparisonSettings) =>
  expectStatus(await ann.client.send('PUT', '/api/comparisons/settings', settings), 200);
const challenge = () => set({ share: 0, candidates: { type: 'challenger', versionId: challengerId } });
const newConversation = async ({ client }: Person, body: unknown = {}) =>
  (expectStatus(await client.post('/api/conversations', body), 201) as Conversation).id;
const readTree = async ({ client }: Person, id: string): Promise<ConversationTree> =>
  conversationTreeSchema.parse(expectStatus(await client.get(`/api/conversations/${id}`), 200));
const vote = ({ client }: Person, id: string, body: unknown) =>
  client.post(`/api/comparisons/${id}/vote`, body);
const decide = async (person: Person, id: string, body: unknown): Promise<VoteResult> =>
  voteResultSchema.parse(expectStatus(await vote(person, id, body), 200));
const codeOf = ({ body }: ApiReply) => (body as { code?: string }).code;
const failLast = (messageId: string) =>
  db.query(`UPDATE messages SET status = 'failed' WHERE id = $1`, [messageId]);
const countEvents = async (subjectId: string) =>
  Number(
    (await db.query('SELECT count(*) FROM feedback_events WHERE subject_id = $1', [subjectId])).rows[0].count,
  );
const listCurrent = async ({ client }: Person, id: string) =>
  feedbackEventSchema.array().parse(expectStatus(await client.get(`/api/conversations/${id}/feedback`), 200));

interface Compared {
  conversationId: string;
  question: Message;
  comparison: Comparison;
  left: Message;
  right: Message;
}

/** Two answers under way to a new question. */
async function compare(socket: ChatSocket, person: Person): Promise<Compared> {
  const conversationId = await newConversation(person);
  await socket.request({ type: 'conversation.watch', conversationId });
  const { userMessage, answer, compared } = await socket.ask({
    type: 'chat.compare',
    conversationId,
    parentId: null,
    content: 'Which is it?',
    topLogProbs: 0,
  });
  if (!compared || !userMessage) throw new Error('no comparison');
  return {
    conversationId,
    question: userMessage,
    comparison: compared.comparison,
    left: answer,
    right: compared.right,
  };
}

/** Two whole answers that wait for a vote. */
async function compareToEnd(person: Person): Promise<Compared> {
  using socket = await ChatSocket.open(person.client);
  const compared = await compare(socket, person);
  await Promise.all([socket.waitForEnd(compared.left.id), socket.waitForEnd(compared.right.id)]);
  return compared;
}

/** What a body must not hold while names are hidden. */
const telltales = () =>
  new RegExp(
    [
      liveId,
      challengerId,
      'tokensPerSecond',
      'modelName',
      'Sha256',
      '"seed"',
      'logProb',
      'promptTokens',
    ].join('|'),
  );

describe('two answers to one message', () => {
  it('are asked for at once, share the prompt, and stand on sides that the ids do not tell', async () => {
    await challenge();
    using socket = await ChatSocket.open(ann.client);
    const sides = new Set<string>();
    for (let round = 0; round < 24; round++) {
      const { comparison, left, right, question } = await compare(socket, ann);
      expect([left.parentId, right.parentId]).toEqual([question.id, question.id]);
      expect([comparison.leftId, comparison.rightId]).toEqual([left.id, right.id]);
      const rows = await db.query<{ id: string; version: string; turns: unknown }>(
        `SELECT message_id AS id, model_version_id AS version, request->'turns' AS turns
         FROM generations WHERE message_id = ANY($1)`,
        [[left.id, right.id]],
      );
      expect(new Set(rows.rows.map(({ version }) => version))).toEqual(new Set([liveId, challengerId]));
      expect(rows.rows[0]?.turns).toEqual(rows.rows[1]?.turns);
      sides.add(rows.rows.find(({ id }) => id === left.id)?.version ?? '');
    }
    // Missed by chance once in 8 million runs.
    expect(sides).toEqual(new Set([liveId, challengerId]));
  });

  it('are one job with two seeds where the version is the same', async () => {
    using socket = await ChatSocket.open(ann.client);
    const conversationId = await newConversation(ann, {
      parameters: { modelVersionId: null, sampling: { seed: 7 } },
    });
    await socket.request({ type: 'conversation.watch', conversationId });
    const { answer, compared } = await socket.ask({
      type: 'chat.compare',
      conversationId,
      parentId: null,
      content: 'Twice?',
    });
    const { rows } = await db.query(
      `SELECT count(DISTINCT job_id)::int AS jobs, array_agg(request->'sampling'->'seed' ORDER BY message_id = $1 DESC) AS seeds
       FROM generations WHERE message_id IN ($1, $2)`,
      [answer.id, compared?.right.id],
    );
    expect(rows[0]).toEqual({ jobs: 1, seeds: [7, 8] });
  });

  it('stand below a message that was there, as a user may ask', async () => {
    const { conversationId, comparison, question } = await compareToEnd(ann);
    await decide(ann, comparison.id, { outcome: 'tie' });
    using socket = await ChatSocket.open(ann.client);
    const { userMessage, compared } = await socket.ask({
      type: 'chat.compare',
      conversationId,
      parentId: question.id,
    });
    expect(userMessage).toBeNull();
    expect(compared?.right.parentId).toBe(question.id);
    expect((await readTree(ann, conversationId)).comparisons).toHaveLength(2);
  });
});

describe('before the vote', () => {
  it('nothing that leaves the server tells the two apart but their texts', async () => {
    await challenge();
    using socket = await ChatSocket.open(ann.client);
    const { conversationId, comparison, left, right } = await compare(socket, ann);
    await Promise.all([socket.waitForEnd(left.id), socket.waitForEnd(right.id)]);
    const { client } = ann;
    await client.patch(`/api/conversations/${conversationId}`, { title: 'Blind' });
    const share = expectStatus(await client.post(`/api/conversations/${conversationId}/shares`), 201) as {
      path: string;
    };
    using late = await ChatSocket.open(client);
    await late.request({
      type: 'conversation.watch',
      conversationId,
      after: { [left.id]: '0-0', [right.id]: '0-0' },
    });
    await late.waitForEnd(right.id);
    const bodies = await Promise.all([
      client.get(`/api/conversations/${conversationId}`),
      client.get(`/api/conversations/${conversationId}/export?format=json`),
      client.get(`/api/conversations/${conversationId}/export?format=markdown`),
      client.get(`/api/shared/${share.path.split('/').at(-1)}`),
      client.get(`/api/conversations/${conversationId}/feedback`),
      client.get('/api/search?q=Hi'),
      client.get(`/api/messages/${left.id}/log-probs`),
    ]);
    const told = [...bodies, ...socket.received, ...late.received].map((it) =>
      JSON.stringify('body' in it ? it.body : it),
    );
    expect(told.length).toBeGreaterThan(12);
    for (const text of told) expect(text).not.toMatch(telltales());
    expect(socket.readText(left.id)).toBe('Hi');

    // The same places tell it afterwards: what was looked for is what there is to hide.
    await decide(ann, comparison.id, { outcome: 'left' });
    const named = await Promise.all(
      ['', '/export?format=json', '/feedback'].map((path) =>
        client.get(`/api/conversations/${conversationId}${path}`),
      ),
    );
    for (const { body } of named) expect(JSON.stringify(body)).toMatch(telltales());
    expect((await client.get(`/api/messages/${left.id}/log-probs`)).body).toEqual({ tokens: logProbs });
  });

  it('the answers take no thumb, no edit, no continuation and no next message', async () => {
    const { conversationId, left, right } = await compareToEnd(ann);
    using socket = await ChatSocket.open(ann.client);
    const replies = await Promise.all([
      ann.client.send('PUT', `/api/messages/${left.id}/thumb`, { value: 'up' }),
      ann.client.patch(`/api/messages/${right.id}`, { content: 'Better' }),
      ann.client.get(`/api/messages/${right.id}/log-probs`),
    ]);
    expect(replies.map(codeOf)).toEqual(Array(3).fill('FEEDBACK_COMPARISON_OPEN'));
    const said = await Promise.all([
      socket.request({ type: 'chat.send', conversationId, parentId: left.id, content: 'And?' }),
      socket.request({ type: 'chat.continue', conversationId, messageId: right.id }),
    ]);
    for (const reply of said) expect(reply).toMatchObject({ error: { code: 'FEEDBACK_COMPARISON_OPEN' } });
  });

  it('a failed answer does not say why, which may name a model', async () => {
    const { conversationId, left } = await compareToEnd(ann);
    await db.query(
      `UPDATE generations SET status = 'failed', error = '{"code":"GENERATION_MODEL_MISSING","message":"secret"}'
       WHERE message_id = $1`,
      [left.id],
    );
    const tree = await readTree(ann, conversationId);
    const failed = tree.messages.find(({ id }) => id === left.id);
    expect(failed?.generation?.error?.code).toBe('FEEDBACK_SIDE_FAILED');
    expect(JSON.stringify(tree)).not.toContain('secret');
  });
});

describe('a vote', () => {
  it('reveals both, goes on from the chosen one, and is kept with sides, provenance and time', async () => {
    await challenge();
    const { conversationId, comparison, left, right } = await compareToEnd(ann);
    using watcher = await ChatSocket.open(ann.client);
    await watcher.request({ type: 'conversation.watch', conversationId });
    const result = await decide(ann, comparison.id, {
      outcome: 'right',
      tags: ['clearer'],
      criteria: { helpful: 'right', safe: 'tie' },
      comment: 'Shorter.',
      durationMs: 4200,
      clientVersion: 'test',
    });
    expect(result.comparison.revealedAt).not.toBeNull();
    expect(result.right.generation?.provenance?.modelName).toBe('scripted');
    expect(result.event).toMatchObject({
      kind: 'comparison',
      subjectId: comparison.id,
      payload: { outcome: 'right', tags: ['clearer'], criteria: { helpful: 'right', safe: 'tie' } },
      effect: { preferencePairs: 1, isUsedForTraining: true },
    });
    expect(result.event.messages.map(({ messageId, role }) => [messageId, role])).toEqual([
      [left.id, 'left'],
      [right.id, 'right'],
    ]);
    expect(new Set(result.event.messages.map(({ provenance }) => provenance?.modelVersionId))).toEqual(
      new Set([liveId, challengerId]),
    );
    const { rows } = await db.query('SELECT duration_ms, client_version FROM feedback_events WHERE id = $1', [
      result.event.id,
    ]);
    expect(rows[0]).toEqual({ duration_ms: 4200, client_version: 'test' });
    const tree = await readTree(ann, conversationId);
    expect(tree.leafId).toBe(right.id);
    expect(tree.messages.map(({ id }) => id)).toContain(left.id);
    // The other tab is told too.
    await watcher.waitFor(
      (it) =>
        it.type === 'message.updated' &&
        it.message.id === left.id &&
        it.message.generation?.provenance != null,
    );
    await watcher.waitFor((it) => it.type === 'comparison.updated' && it.comparison.revealedAt !== null);
  });

  it('counts once from two tabs at once: the same as one event, different ones as a change of mind', async () => {
    const { conversationId, comparison, left, right } = await compareToEnd(ann);
    const same = await Promise.all(
      Array.from({ length: 12 }, () => decide(ann, comparison.id, { outcome: 'left' })),
    );
    expect(new Set(same.map(({ event }) => event.id)).size).toBe(1);
    expect(await countEvents(comparison.id)).toBe(1);
    await Promise.all(
      (['left', 'right', 'tie', 'both_bad', 'left', 'right'] as const).map((outcome) =>
        decide(ann, comparison.id, { outcome }),
      ),
    );
    const current = await listCurrent(ann, conversationId);
    expect(current).toHaveLength(1);
    const { rows } = await db.query(
      'SELECT id, payload FROM feedback_events WHERE subject_id = $1 ORDER BY sequence DESC LIMIT 1',
      [comparison.id],
    );
    expect(current[0]?.id).toBe(rows[0].id);
    const { leafId } = await readTree(ann, conversationId);
    expect([left.id, right.id]).toContain(leafId);
  });

  it('that is changed later does not tear the conversation away from where it went on', async () => {
    const { conversationId, comparison, left } = await compareToEnd(ann);
    await decide(ann, comparison.id, { outcome: 'left' });
    using socket = await ChatSocket.open(ann.client);
    await socket.request({ type: 'conversation.watch', conversationId });
    const { answer } = await socket.ask({
      type: 'chat.send',
      conversationId,
      parentId: left.id,
      content: 'And?',
    });
    await socket.waitForEnd(answer.id);
    await decide(ann, comparison.id, { outcome: 'right' });
    expect((await readTree(ann, conversationId)).leafId).toBe(answer.id);
    // Going on from the chosen one is no passive pick besides the vote.
    expect((await listCurrent(ann, conversationId)).map(({ kind }) => kind)).toEqual(['comparison']);
  });

  it('counts for a version while the names are hidden, and no more when it is changed after them', async () => {
    await challenge();
    const people = async () => {
      const { body } = await ann.client.get(`/api/versions/${challengerId}/standing`);
      return versionStandingSchema.parse(body).gate.people.votes;
    };
    const before = await people();
    const { comparison } = await compareToEnd(ann);
    await decide(ann, comparison.id, { outcome: 'tie' });
    expect(await people()).toBe(before + 1);
    await decide(ann, comparison.id, { outcome: 'left' });
    expect(await people()).toBe(before);
  });

  it('is refused while an answer is still being written, and reveals nothing', async () => {
    let goOn = () => {};
    const isRefused = new Promise<void>((resolve) => (goOn = resolve));
    script = async (answer) => {
      await answer.say('Wait');
      await isRefused;
      await answer.end();
    };
    using socket = await ChatSocket.open(ann.client);
    const { conversationId, comparison, left, right } = await compare(socket, ann);
    expect(codeOf(await vote(ann, comparison.id, { outcome: 'left' }))).toBe('FEEDBACK_ANSWER_RUNNING');
    expect((await readTree(ann, conversationId)).comparisons[0]?.revealedAt).toBeNull();
    goOn();
    await Promise.all([socket.waitForEnd(left.id), socket.waitForEnd(right.id)]);
    await decide(ann, comparison.id, { outcome: 'left' });
  });

  it("is refused on somebody else's comparison and on one that was deleted", async () => {
    const { conversationId, comparison, left, right } = await compareToEnd(ann);
    expect(codeOf(await vote(ben, comparison.id, { outcome: 'left' }))).toBe('RESOURCE_NOT_FOUND');
    expect(codeOf(await ben.client.post(`/api/comparisons/${comparison.id}/skip`))).toBe(
      'RESOURCE_NOT_FOUND',
    );
    expectStatus(await ann.client.delete(`/api/messages/${left.id}`), 204);
    expect(codeOf(await vote(ann, comparison.id, { outcome: 'left' }))).toBe('RESOURCE_NOT_FOUND');
    const tree = await readTree(ann, conversationId);
    expect(tree.comparisons).toEqual([]);
    // Without its rival it is an answer like any other.
    expect(tree.messages.find(({ id }) => id === right.id)?.generation?.provenance).not.toBeNull();
    expect(await countEvents(comparison.id)).toBe(0);
  });

  it.each([
    [{ outcome: 'left', tags: ['no-such-reason'] }, 'FEEDBACK_TAG_UNKNOWN'],
    [{ outcome: 'left', tags: ['wrong'] }, 'FEEDBACK_TAG_UNKNOWN'],
    [{ outcome: 'left', criteria: { beauty: 'left' } }, 'FEEDBACK_CRITERION_UNKNOWN'],
    [{ outcome: 'left', criteria: { helpful: 'both' } }, 'REQUEST_INVALID'],
    [{ outcome: 'neither' }, 'REQUEST_INVALID'],
    [{ outcome: 'left', comment: 'x'.repeat(1_000_000) }, 'REQUEST_INVALID'],
  ])('is refused with a code for bad input %#', async (body, code) => {
    const { conversationId, comparison } = await compareToEnd(ann);
    expect(codeOf(await vote(ann, comparison.id, body))).toBe(code);
    expect(await countEvents(comparison.id)).toBe(0);
    expect((await readTree(ann, conversationId)).comparisons[0]?.revealedAt).toBeNull();
  });

  it('is refused where an answer failed; skipping says why', async () => {
    const { comparison, left } = await compareToEnd(ann);
    await failLast(left.id);
    await db.query(`UPDATE generations SET status = 'failed', provenance = NULL WHERE message_id = $1`, [
      left.id,
    ]);
    expect(codeOf(await vote(ann, comparison.id, { outcome: 'right' }))).toBe('FEEDBACK_NOT_RATEABLE');
    const reply = await ann.client.post(`/api/comparisons/${comparison.id}/skip`);
    expect(revealSchema.parse(expectStatus(reply, 200)).right.generation?.provenance).not.toBeNull();
    expect(await countEvents(comparison.id)).toBe(0);
  });

  it('can be changed after a continuation that failed before it began', async () => {
    const { comparison, left } = await compareToEnd(ann);
    await decide(ann, comparison.id, { outcome: 'left' });
    await failLast(left.id);
    const { event } = await decide(ann, comparison.id, { outcome: 'right' });
    expect(event.payload).toMatchObject({ outcome: 'right' });
  });
});

describe('the server', () => {
  const send = async (person: Person, conversationId: string) => {
    using socket = await ChatSocket.open(person.client);
    return await socket.ask({ type: 'chat.send', conversationId, parentId: null, content: 'Hello' });
  };

  it('offers a comparison for the share of turns that the admin sets, and says that it did', async () => {
    expect((await send(ben, await newConversation(ben))).compared).toBeNull();
    await set({ share: 1, candidates: { type: 'seeds' } });
    expect((await send(ben, await newConversation(ben))).compared?.comparison.origin).toBe('server');
  });

  it('offers none where the vote could not be used, or the person chose what answers', async () => {
    await set({ share: 1, candidates: { type: 'challenger', versionId: challengerId } });
    const keptOut = await newConversation(ben);
    await ben.client.patch(`/api/conversations/${keptOut}`, { trainingConsent: false });
    expect((await send(ben, keptOut)).compared).toBeNull();
    const parameters = { modelVersionId: liveId, sampling: {} };
    expect((await send(ben, await newConversation(ben, { parameters }))).compared).toBeNull();
    await set({ share: 1, candidates: { type: 'seeds' } });
    const still = { parameters: { modelVersionId: null, sampling: { temperature: 0 } } };
    expect((await send(ben, await newConversation(ben, still))).compared).toBeNull();
  });

  it('compares any two versions, and only those that are here', async () => {
    const settings: ComparisonSettings = {
      share: 0.25,
      candidates: { type: 'pair', firstId: challengerId, secondId: liveId },
    };
    await set(settings);
    expect((await ann.client.get('/api/comparisons/settings')).body).toEqual(settings);
    const missing = {
      share: 0,
      candidates: { type: 'challenger', versionId: 'a3bb189e-8bf9-4888-9912-ace4e6543002' },
    };
    const refused = await ann.client.send('PUT', '/api/comparisons/settings', missing);
    expect(codeOf(refused)).toBe('RESOURCE_NOT_FOUND');
    const tooMany = await ann.client.send('PUT', '/api/comparisons/settings', { ...seeds, share: 1.5 });
    expect(codeOf(tooMany)).toBe('REQUEST_INVALID');
  });
});
