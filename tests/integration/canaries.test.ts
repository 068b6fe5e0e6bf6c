/** Who answers whom: a version on trial gets its share of new conversations, and a person who stays on a version keeps it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client } from 'pg';
import { canarySchema, ownPinSchema } from '../../common/contracts/canaries.js';
import type { Conversation } from '../../common/contracts/conversations.js';
import { isInShare } from '../../server/generations/canary-share.js';
import { expectStatus, invite, setUpAdmin, type ApiReply, type Person } from '../support/api-client.js';
import { ChatSocket } from '../support/chat-socket.js';
import { registerScriptedVersion } from '../support/scripted-version.js';
import { registerScriptedModel, ScriptedWorker } from '../support/scripted-worker.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let worker: ScriptedWorker;
let db: Client;
let ann: Person;
let ben: Person;
let liveId: string;
let candidateId: string;

beforeAll(async () => {
  server = await startServerInProcess();
  liveId = await registerScriptedModel(server.databaseUrl);
  db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
  worker = await ScriptedWorker.start(server, async (answer) => {
    await answer.say('Hi');
    await answer.end();
  });
  ann = await setUpAdmin(server.url, server.databaseUrl);
  ben = await invite(ann, 'user');
});
afterAll(async () => {
  await db.end();
  await worker[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await db.query('DELETE FROM canaries');
  await db.query('DELETE FROM version_pins');
  await db.query('UPDATE model_versions SET is_live = false WHERE is_live');
  await db.query('UPDATE model_versions SET is_live = true WHERE id = $1', [liveId]);
  candidateId = await registerScriptedVersion(db, liveId);
});

const give = (share: number, id = candidateId) =>
  ann.client.send('PUT', `/api/versions/${id}/canary`, { share });
const codeOf = ({ status, body }: ApiReply) => [status, (body as { code?: string }).code];
const pin = (person: Person, versionId: string) => person.client.send('PUT', '/api/me/pin', { versionId });
const readPin = async (person: Person) =>
  ownPinSchema.parse(expectStatus(await person.client.get('/api/me/pin'), 200)).pin;
const listCanaries = async () =>
  canarySchema.array().parse(expectStatus(await ann.client.get('/api/canaries'), 200));

const begin = async ({ client }: Person) =>
  (expectStatus(await client.post('/api/conversations', {}), 201) as Conversation).id;

/** Asks, waits for the end. @returns the version that answered, and the answer's id */
async function ask(
  person: Person,
  conversationId: string,
): Promise<{ versionId: string; messageId: string }> {
  using socket = await ChatSocket.open(person.client);
  await socket.request({ type: 'conversation.watch', conversationId });
  const { answer } = await socket.ask({ type: 'chat.send', conversationId, parentId: null, content: 'Who?' });
  await socket.waitForEnd(answer.id);
  const { rows } = await db.query<{ id: string }>(
    `SELECT model_version_id AS id FROM generations WHERE message_id = $1`,
    [answer.id],
  );
  return { versionId: rows[0]?.id ?? '', messageId: answer.id };
}
const like = async ({ client }: Person, messageId: string) => {
  const thumb = { value: 'up', tags: [], score: null, comment: '', durationMs: 5, clientVersion: 'test' };
  expectStatus(await client.send('PUT', `/api/messages/${messageId}/thumb`, thumb), 200);
};
const versionFor = async (person: Person, conversationId: string) =>
  (await ask(person, conversationId)).versionId;

describe('a version on trial', () => {
  it('answers the new conversations that the hash gives it, each time, and no others', async () => {
    const before = await begin(ben);
    expectStatus(await give(50), 200);
    for (let count = 0; count < 8; count++) {
      const id = await begin(ben);
      const expected = isInShare(id, candidateId, 50) ? candidateId : liveId;
      expect([await versionFor(ben, id), await versionFor(ben, id)]).toEqual([expected, expected]);
    }
    expectStatus(await give(100), 200);
    expect(await versionFor(ben, await begin(ben))).toBe(candidateId);
    expect(await versionFor(ben, before)).toBe(liveId);
  });

  it('is told of with its answers and thumbs, and ends when it is withdrawn', async () => {
    expectStatus(await give(100), 200);
    const id = await begin(ben);
    const { messageId } = await ask(ben, id);
    await like(ben, messageId);
    const [canary] = await listCanaries();
    expect(canary).toMatchObject({
      share: 100,
      canary: { version: { id: candidateId }, answers: 1, thumbsUp: 1, thumbs: 1 },
      live: { version: { id: liveId }, answers: 0, thumbs: 0, interval: null },
    });
    expect(canary?.canary.interval?.lower).toBeCloseTo(0.2065, 4);
    expectStatus(await ann.client.delete(`/api/versions/${candidateId}/canary`), 204);
    expect([await versionFor(ben, id), await listCanaries()]).toEqual([liveId, []]);
    expect((await ann.client.delete(`/api/versions/${candidateId}/canary`)).status).toBe(404);
  });

  it('is held beside what is live in the conversations that it could have drawn, and each answer counts once', async () => {
    const before = await begin(ben);
    expectStatus(await give(0.1), 200);
    let fair = await begin(ben);
    while (isInShare(fair, candidateId, 0.1)) fair = await begin(ben);
    const { messageId } = await ask(ben, fair);
    await like(ben, messageId);
    // Another generation of the same message, as continuing it makes one.
    await db.query(
      `INSERT INTO generations (id, model_version_id, request_id, request, status, message_id, job_id)
       SELECT gen_random_uuid(), model_version_id, request_id, request, status, message_id, gen_random_uuid()
       FROM generations WHERE message_id = $1`,
      [messageId],
    );
    const parameters = { modelVersionId: liveId };
    const chosen = expectStatus(await ben.client.post('/api/conversations', { parameters }), 201);
    expectStatus(await pin(ann, liveId), 200);
    for (const [person, id] of [
      [ben, before],
      [ben, (chosen as Conversation).id],
      [ann, await begin(ann)],
    ] as const)
      await like(person, (await ask(person, id)).messageId);
    const [canary] = await listCanaries();
    expect(canary?.live).toMatchObject({ version: { id: liveId }, answers: 1, thumbsUp: 1, thumbs: 1 });
  });

  it('is on trial no more once it is promoted', async () => {
    expectStatus(await give(5), 200);
    const reason = 'Nobody complained about it.';
    expectStatus(await ann.client.post(`/api/versions/${candidateId}/promote`, { reason }), 200);
    expect([await listCanaries(), await versionFor(ben, await begin(ben))]).toEqual([[], candidateId]);
  });

  it('is not what is live, nor what is not there, nor nobody', async () => {
    expect(codeOf(await give(10, liveId))).toEqual([409, 'CANARY_LIVE']);
    expect(codeOf(await give(10, randomUUID()))).toEqual([404, 'RESOURCE_NOT_FOUND']);
    expect(codeOf(await give(0))).toEqual([400, 'REQUEST_INVALID']);
    expect(codeOf(await give(101))).toEqual([400, 'REQUEST_INVALID']);
  });
});

describe('a person who stays on a version', () => {
  it('keeps it through a canary and a promotion, and follows what is live again when they say so', async () => {
    expect(await readPin(ben)).toBeNull();
    expectStatus(await pin(ben, liveId), 200);
    expectStatus(await give(100), 200);
    expect(await versionFor(ben, await begin(ben))).toBe(liveId);
    const reason = 'Nobody complained about it.';
    expectStatus(await ann.client.post(`/api/versions/${candidateId}/promote`, { reason }), 200);
    const kept = await begin(ben);
    expect(await versionFor(ben, kept)).toBe(liveId);
    expect(await versionFor(ann, await begin(ann))).toBe(candidateId);
    expectStatus(await ben.client.delete('/api/me/pin'), 204);
    expect(await versionFor(ben, kept)).toBe(candidateId);
  });

  it('is told when the version is gone, and answered by what is live', async () => {
    expectStatus(
      await ann.client.send('PUT', `/api/users/${ben.user.id}/pin`, { versionId: candidateId }),
      200,
    );
    expect(await versionFor(ben, await begin(ben))).toBe(candidateId);
    await db.query('DELETE FROM model_versions WHERE id = $1', [candidateId]);
    expect(await readPin(ben)).toMatchObject({ versionName: `scripted-${candidateId}`, isGone: true });
    expect(await versionFor(ben, await begin(ben))).toBe(liveId);
    expect(codeOf(await pin(ben, candidateId))).toEqual([404, 'RESOURCE_NOT_FOUND']);
  });
});
