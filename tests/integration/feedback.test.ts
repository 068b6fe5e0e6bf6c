import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from 'pg';
import type { Conversation, Message } from '../../common/contracts/conversations.js';
import {
  feedbackEventSchema,
  guidelinesSchema,
  ownFeedbackSchema,
  type FeedbackEvent,
} from '../../common/contracts/feedback.js';
import { expectStatus, invite, setUpAdmin, type Person } from '../support/api-client.js';
import { ChatSocket } from '../support/chat-socket.js';
import { registerScriptedModel, ScriptedWorker, type ScriptedAnswer } from '../support/scripted-worker.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let worker: ScriptedWorker;
let db: Client;
let ann: Person;
let ben: Person;
let script: (answer: ScriptedAnswer) => Promise<void>;

const sayHello = async (answer: ScriptedAnswer) => {
  await answer.say('Hello');
  await answer.end();
};

beforeAll(async () => {
  server = await startServerInProcess();
  await registerScriptedModel(server.databaseUrl);
  worker = await ScriptedWorker.start(server, (answer) => script(answer));
  ann = await setUpAdmin(server.url, server.databaseUrl);
  ben = await invite(ann, 'user');
  expectStatus(await ann.client.patch('/api/me', { trainingConsent: true }), 200);
  db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
});
afterAll(async () => {
  await db.end();
  await worker[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

interface Asked {
  conversationId: string;
  userMessage: Message;
  answer: Message;
}

/** A conversation of one question and one whole answer. */
async function ask(person: Person): Promise<Asked> {
  script = sayHello;
  const { id: conversationId } = expectStatus(
    await person.client.post('/api/conversations'),
    201,
  ) as Conversation;
  using socket = await ChatSocket.open(person.client);
  await socket.request({ type: 'conversation.watch', conversationId });
  const { userMessage, answer } = await socket.ask({
    type: 'chat.send',
    conversationId,
    parentId: null,
    content: 'Hi',
  });
  await socket.waitForEnd(answer.id);
  return { conversationId, userMessage: userMessage!, answer };
}

const thumb = (person: Person, messageId: string, body: unknown) =>
  person.client.send('PUT', `/api/messages/${messageId}/thumb`, body);
const give = async (person: Person, messageId: string, body: unknown): Promise<FeedbackEvent> =>
  feedbackEventSchema.parse(expectStatus(await thumb(person, messageId, body), 200));
const listCurrent = async (person: Person, conversationId: string) =>
  feedbackEventSchema
    .array()
    .parse(expectStatus(await person.client.get(`/api/conversations/${conversationId}/feedback`), 200));
const countEvents = async (subjectId: string) =>
  Number(
    (await db.query('SELECT count(*) FROM feedback_events WHERE subject_id = $1', [subjectId])).rows[0].count,
  );

describe('a thumb', () => {
  it('is kept with where the answer came from, and says what it becomes', async () => {
    const { conversationId, answer } = await ask(ann);
    const event = await give(ann, answer.id, { value: 'up', tags: ['helpful'], score: 9, durationMs: 1200 });
    expect(event).toMatchObject({
      kind: 'thumb',
      subjectId: answer.id,
      payload: { kind: 'thumb', value: 'up', tags: ['helpful'], score: 9, comment: '' },
      effect: { labelledAnswers: 1, preferencePairs: 0, demonstrations: 0, isUsedForTraining: true },
    });
    expect(event.messages[0]?.provenance?.modelName).toBe('scripted');
    expect(await listCurrent(ann, conversationId)).toEqual([event]);
  });

  it('leaves no stale reasons when it is switched, and nothing that counts when it is taken back', async () => {
    const { conversationId, answer } = await ask(ann);
    await give(ann, answer.id, { value: 'down', tags: ['wrong'], comment: 'No.' });
    const switched = await give(ann, answer.id, { value: 'up' });
    expect(switched.payload).toEqual({ kind: 'thumb', value: 'up', tags: [], score: null, comment: '' });
    await give(ann, answer.id, { value: null });
    expect(await listCurrent(ann, conversationId)).toEqual([]);
    expect(await countEvents(answer.id)).toBe(3);
  });

  it('is one event when two tabs give the same at once, and the last word when they differ', async () => {
    const { conversationId, answer } = await ask(ann);
    const same = await Promise.all(Array.from({ length: 12 }, () => give(ann, answer.id, { value: 'up' })));
    expect(new Set(same.map(({ id }) => id)).size).toBe(1);
    await Promise.all(['up', 'down', 'up', 'down'].map((value) => give(ann, answer.id, { value })));
    const current = await listCurrent(ann, conversationId);
    expect(current).toHaveLength(1);
    const last = await db.query(
      'SELECT id FROM feedback_events WHERE subject_id = $1 ORDER BY sequence DESC LIMIT 1',
      [answer.id],
    );
    expect(current[0]?.id).toBe(last.rows[0].id);
  });

  it('would not be used where the conversation keeps its data out of training', async () => {
    const { conversationId, answer } = await ask(ann);
    await ann.client.patch(`/api/conversations/${conversationId}`, { trainingConsent: false });
    expect((await give(ann, answer.id, { value: 'up' })).effect.isUsedForTraining).toBe(false);
  });

  it("is refused on a question, an unfinished answer, an improved one, an unknown one and somebody else's", async () => {
    const { userMessage, answer } = await ask(ann);
    const edited = expectStatus(
      await ann.client.patch(`/api/messages/${answer.id}`, { content: 'Better' }),
      200,
    ) as Message;
    const refusals = await Promise.all([
      thumb(ann, userMessage.id, { value: 'up' }),
      thumb(ann, edited.id, { value: 'up' }),
      thumb(ben, answer.id, { value: 'up' }),
      thumb(ann, 'a3bb189e-8bf9-4888-9912-ace4e6543002', { value: 'up' }),
    ]);
    expect(refusals.map(({ body }) => (body as { code: string }).code)).toEqual([
      'FEEDBACK_NOT_RATEABLE',
      'FEEDBACK_NOT_RATEABLE',
      'RESOURCE_NOT_FOUND',
      'RESOURCE_NOT_FOUND',
    ]);
  });

  it('is refused while the answer is still being written', async () => {
    let goOn = () => {};
    const isRated = new Promise<void>((resolve) => (goOn = resolve));
    const { conversationId, userMessage } = await ask(ann);
    script = async (answer) => {
      await answer.say('Wait');
      await isRated;
      await answer.end();
    };
    using socket = await ChatSocket.open(ann.client);
    await socket.request({ type: 'conversation.watch', conversationId });
    const { answer } = await socket.ask({
      type: 'chat.regenerate',
      conversationId,
      parentId: userMessage.id,
    });
    expect((await thumb(ann, answer.id, { value: 'up' })).body).toMatchObject({
      code: 'FEEDBACK_ANSWER_RUNNING',
    });
    goOn();
    await socket.waitForEnd(answer.id);
    await give(ann, answer.id, { value: 'up' });
  });

  it.each([
    [{ value: 'up', tags: ['no-such-reason'] }, 'FEEDBACK_TAG_UNKNOWN'],
    [{ value: 'up', tags: ['wrong'] }, 'FEEDBACK_TAG_UNKNOWN'],
    [{ value: 'maybe' }, 'REQUEST_INVALID'],
    [{ value: 'up', score: 11 }, 'REQUEST_INVALID'],
    [{ value: 'up', comment: 'x'.repeat(10_001) }, 'REQUEST_INVALID'],
    [{ value: 'up', comment: 'x'.repeat(1_000_000) }, 'REQUEST_INVALID'],
  ])('is refused with a code for bad input %#', async (body, code) => {
    const { answer } = await ask(ann);
    expect((await thumb(ann, answer.id, body)).body).toMatchObject({ code });
    expect(await countEvents(answer.id)).toBe(0);
  });

  it('goes with the account that gave it', async () => {
    const { conversationId, answer } = await ask(ben);
    await give(ben, answer.id, { value: 'up' });
    expectStatus(await ann.client.delete(`/api/users/${ben.user.id}`), 204);
    expect(await countEvents(answer.id)).toBe(0);
    expect((await db.query('SELECT FROM conversations WHERE id = $1', [conversationId])).rowCount).toBe(0);
  });
});

describe('an act of any kind', () => {
  it('is taken back by the person whose it is, once and for all tabs', async () => {
    const { conversationId, answer } = await ask(ann);
    const edited = expectStatus(
      await ann.client.patch(`/api/messages/${answer.id}`, { content: 'Hello there' }),
      200,
    ) as Message;
    const [edit] = await listCurrent(ann, conversationId);
    const path = `/api/me/feedback/${edit?.id}`;
    const stranger = await invite(ann, 'user');
    expect((await stranger.client.delete(path)).body).toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
    const replies = await Promise.all([ann.client.delete(path), ann.client.delete(path)]);
    for (const reply of replies)
      expect(feedbackEventSchema.parse(expectStatus(reply, 200))).toMatchObject({
        subjectId: edited.id,
        payload: { kind: 'withdrawn' },
        effect: { preferencePairs: 0, demonstrations: 0 },
      });
    expect(await listCurrent(ann, conversationId)).toEqual([]);
    expect(await countEvents(edited.id)).toBe(2);
  });
});

describe('the list of one’s own feedback', () => {
  it('names what it is about, the newest first and page by page, and the versions that learnt from it', async () => {
    const cat = await invite(ann, 'user');
    const [older, newer] = [await ask(cat), await ask(cat)];
    const first = await give(cat, older.answer.id, { value: 'up' });
    const second = await give(cat, newer.answer.id, { value: 'down', comment: 'No.' });
    const { rows } = await db.query<{ id: string; name: string }>(
      `WITH taught AS (INSERT INTO model_version_events SELECT id, $1 FROM model_versions RETURNING model_version_id)
       UPDATE model_versions SET is_live = true WHERE id IN (SELECT model_version_id FROM taught) RETURNING id, name`,
      [first.id],
    );
    const list = async (query: string) =>
      ownFeedbackSchema.array().parse(expectStatus(await cat.client.get(`/api/me/feedback${query}`), 200));
    const surroundings = { title: 'Hi', excerpt: 'Hello' };
    expect(await list('')).toEqual([
      { ...second, ...surroundings, messageId: newer.answer.id, learners: [] },
      {
        ...first,
        ...surroundings,
        messageId: older.answer.id,
        learners: rows.map((row) => ({ ...row, isLive: true })),
      },
    ]);
    expect((await list('?limit=1&offset=1')).map(({ id }) => id)).toEqual([first.id]);
    // The answer alone is deleted: what was said of it stays, and leads nowhere.
    expectStatus(await cat.client.delete(`/api/messages/${newer.answer.id}`), 204);
    expect((await list('?limit=1'))[0]).toMatchObject({ id: second.id, messageId: null, excerpt: '' });
  });
});

describe('what people do next', () => {
  it('says that their version of an answer is better than the original, and one to imitate', async () => {
    const { conversationId, answer } = await ask(ann);
    const edited = expectStatus(
      await ann.client.patch(`/api/messages/${answer.id}`, { content: 'Hello there' }),
      200,
    ) as Message;
    const [event] = await listCurrent(ann, conversationId);
    expect(event).toMatchObject({
      kind: 'edit',
      subjectId: edited.id,
      effect: { preferencePairs: 1, demonstrations: 1 },
    });
    expect(event?.messages.map(({ messageId, role }) => [messageId, role])).toEqual([
      [answer.id, 'original'],
      [edited.id, 'edited'],
    ]);
  });

  it('says which of several answers they went on from, and changes with them', async () => {
    const { conversationId, userMessage, answer } = await ask(ann);
    using socket = await ChatSocket.open(ann.client);
    await socket.request({ type: 'conversation.watch', conversationId });
    const goOn = async (parentId: string) => {
      const { answer: next } = await socket.ask({
        type: 'chat.send',
        conversationId,
        parentId,
        content: 'And?',
      });
      await socket.waitForEnd(next.id);
    };
    await goOn(answer.id);
    expect(await listCurrent(ann, conversationId)).toEqual([]);

    script = async (scripted) => {
      await scripted.say('Good day');
      await scripted.end();
    };
    const { answer: second } = await socket.ask({
      type: 'chat.regenerate',
      conversationId,
      parentId: userMessage.id,
    });
    await socket.waitForEnd(second.id);
    for (const chosen of [second.id, answer.id]) {
      await goOn(chosen);
      expect(await listCurrent(ann, conversationId)).toMatchObject([
        {
          kind: 'pick',
          subjectId: userMessage.id,
          payload: { chosenId: chosen },
          effect: { preferencePairs: 1 },
        },
      ]);
    }
    expect(await countEvents(userMessage.id)).toBe(2);
  });
});

describe('the guidelines', () => {
  it('are replaced by an admin as a new version, which later events name', async () => {
    const before = guidelinesSchema.parse((await ann.client.get('/api/feedback/guidelines')).body);
    const { version, ...lists } = before;
    const tags = [...lists.tags, { key: 'funny', applies: 'up', label: { en: 'Funny', zh: '有趣' } }];
    const after = await ann.client.send('PUT', '/api/feedback/guidelines', { ...lists, tags });
    expect(guidelinesSchema.parse(after.body).version).toBe(version + 1);
    const { answer } = await ask(ann);
    const { id } = await give(ann, answer.id, { value: 'up', tags: ['funny'] });
    const row = await db.query('SELECT guideline_version FROM feedback_events WHERE id = $1', [id]);
    expect(row.rows[0].guideline_version).toBe(version + 1);
  });
});
