import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  Conversation,
  ConversationTree,
  Share,
  SharedConversation,
} from '../../common/contracts/conversations.js';
import { datasetPreviewSchema } from '../../common/contracts/datasets.js';
import { AppError } from '../../common/contracts/errors.js';
import type { ServerMessage } from '../../common/contracts/socket.js';
import { ChatGateway } from '../../server/chat/socket/chat.gateway.js';
import { ApiClient, expectStatus, invite, setUpAdmin, type Person } from '../support/api-client.js';
import { ChatSocket } from '../support/chat-socket.js';
import { registerScriptedVersion } from '../support/scripted-version.js';
import { registerScriptedModel, ScriptedWorker, type ScriptedAnswer } from '../support/scripted-worker.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let worker: ScriptedWorker;
let ann: Person;
let ben: Person;
let liveId: string;
/** What the worker does with the next answers. */
let script: (answer: ScriptedAnswer) => Promise<void>;

const sayHello = async (answer: ScriptedAnswer) => {
  await answer.say('Hello');
  await answer.say(', world');
  await answer.end();
};

beforeAll(async () => {
  server = await startServerInProcess();
  liveId = await registerScriptedModel(server.databaseUrl);
  worker = await ScriptedWorker.start(server, (answer) => script(answer));
  ann = await setUpAdmin(server.url, server.databaseUrl);
  ben = await invite(ann, 'user');
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function begin(person: Person): Promise<string> {
  const reply = await person.client.post('/api/conversations');
  return (expectStatus(reply, 201) as Conversation).id;
}
async function getTree(person: Person, id: string): Promise<ConversationTree> {
  return expectStatus(await person.client.get(`/api/conversations/${id}`), 200) as ConversationTree;
}
async function watch(person: Person, conversationId: string, after?: Record<string, string>) {
  const socket = await ChatSocket.open(person.client);
  expect(await socket.request({ type: 'conversation.watch', conversationId, after })).toMatchObject({
    ok: true,
  });
  return socket;
}
const send = (socket: ChatSocket, conversationId: string, content: string, parentId: string | null = null) =>
  socket.ask({ type: 'chat.send', conversationId, parentId, content });

describe('a message over the socket', () => {
  it('is answered, streamed to every watcher alike, kept, and shown in the tree', async () => {
    script = sayHello;
    const conversationId = await begin(ann);
    using first = await watch(ann, conversationId);
    using second = await watch(ann, conversationId);
    const { userMessage, answer } = await send(first, conversationId, 'Say hello');

    const settled = await Promise.all([first, second].map((socket) => socket.waitForEnd(answer.id)));
    expect(settled.map(({ content, status }) => [content, status])).toEqual([
      ['Hello, world', 'complete'],
      ['Hello, world', 'complete'],
    ]);
    for (const socket of [first, second]) expect(socket.readText(answer.id)).toBe('Hello, world');

    const tree = await getTree(ann, conversationId);
    expect(tree.messages.map(({ id, parentId, content }) => [id, parentId, content])).toEqual([
      [userMessage?.id, null, 'Say hello'],
      [answer.id, userMessage?.id, 'Hello, world'],
    ]);
    expect(tree.messages[1]?.generation?.provenance?.modelName).toBe('scripted');
    expect([tree.leafId, tree.title]).toEqual([answer.id, 'Say hello']);
  });

  it('loses and doubles nothing for a client that comes back with the last entry it saw', async () => {
    let goOn = () => {};
    const isBack = new Promise<void>((resolve) => (goOn = resolve));
    script = async (answer) => {
      await answer.say('one ');
      await answer.say('two ');
      await isBack;
      await answer.say('three');
      await answer.end();
    };
    const conversationId = await begin(ann);
    const before = await watch(ann, conversationId);
    const { answer } = await send(before, conversationId, 'Count');
    await before.waitFor((message) => isDelta(message, 'two '));
    const seen = before.readText(answer.id);
    const after = before.readEntryIds(answer.id).at(-1) ?? '';
    before[Symbol.dispose]();

    using back = await watch(ann, conversationId, { [answer.id]: after });
    goOn();
    await back.waitForEnd(answer.id);
    expect(back.readEntryIds(answer.id)).toHaveLength(2);
    expect(back.readText(answer.id, seen)).toBe('one two three');

    using late = await watch(ann, conversationId, { [answer.id]: after });
    expect((await late.waitForEnd(answer.id)).content).toBe('one two three');
  });

  it('is answered when more are sent at once than the database has connections', async () => {
    script = sayHello;
    using socket = await ChatSocket.open(ann.client);
    const others = await Promise.all(Array.from({ length: 40 }, () => ChatSocket.open(ann.client)));
    const conversations = await Promise.all(others.map(() => begin(ann)));
    const sent = await Promise.all(
      others.map((other, index) => send(other, conversations[index] ?? '', `Question ${index}`)),
    );
    expect(new Set(sent.map(({ answer }) => answer.id)).size).toBe(40);
    for (const other of others) other[Symbol.dispose]();
    expect(await socket.request({ type: 'ping' })).toMatchObject({ ok: true });
  });

  it('can be regenerated, edited and resent, and its answer edited, as branches of one tree', async () => {
    script = sayHello;
    const conversationId = await begin(ann);
    using socket = await watch(ann, conversationId);
    const first = await send(socket, conversationId, 'Question');
    await socket.waitForEnd(first.answer.id);
    const question = first.userMessage?.id ?? '';
    const again = await socket.ask({ type: 'chat.regenerate', conversationId, parentId: question });
    await socket.waitForEnd(again.answer.id);
    expect(again.answer.parentId).toBe(question);

    const resent = await send(socket, conversationId, 'Better question', first.userMessage?.parentId);
    await socket.waitForEnd(resent.answer.id);
    const edited = expectStatus(
      await ann.client.patch(`/api/messages/${resent.answer.id}`, { content: 'My words' }),
      200,
    );
    expect(edited).toMatchObject({
      parentId: resent.userMessage?.id,
      editedFromId: resent.answer.id,
      content: 'My words',
    });

    expectStatus(await ann.client.delete(`/api/messages/${resent.userMessage?.id}`), 204);
    const tree = await getTree(ann, conversationId);
    expect(tree.messages.map(({ id }) => id)).toEqual([question, first.answer.id, again.answer.id]);
    expect(tree.leafId).toBe(again.answer.id);
  });

  it('gives the model the shown branch, with the system prompt, and nothing of the others', async () => {
    const asked: unknown[] = [];
    script = async (answer) => {
      asked.push(answer.row.request.turns);
      await sayHello(answer);
    };
    const conversationId = await begin(ann);
    await ann.client.patch(`/api/conversations/${conversationId}`, { systemPrompt: 'Be brief.' });
    using socket = await watch(ann, conversationId);
    const first = await send(socket, conversationId, 'One');
    await socket.waitForEnd(first.answer.id);
    const other = await send(socket, conversationId, 'Other beginning');
    await socket.waitForEnd(other.answer.id);
    const second = await send(socket, conversationId, 'Two', first.answer.id);
    await socket.waitForEnd(second.answer.id);
    expect(asked[2]).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Hello, world' },
      { role: 'user', content: 'Two' },
    ]);
  });

  it('is shared only when its answer has ended', async () => {
    let goOn = () => {};
    const isAsked = new Promise<void>((resolve) => (goOn = resolve));
    script = async (answer) => {
      await answer.say('Hello');
      await isAsked;
      await answer.end();
    };
    const conversationId = await begin(ann);
    using socket = await watch(ann, conversationId);
    const { answer } = await send(socket, conversationId, 'Say hello');
    const share = () => ann.client.post(`/api/conversations/${conversationId}/shares`);
    expect(await share()).toMatchObject({ status: 409, body: { code: 'CHAT_ANSWER_RUNNING' } });
    goOn();
    await socket.waitForEnd(answer.id);
    const { path } = expectStatus(await share(), 201) as Share;
    const shown = await new ApiClient(server.url).get(`/api/shared/${path?.split('/').at(-1)}`);
    expect((expectStatus(shown, 200) as SharedConversation).messages.at(-1)?.content).toBe('Hello');
  });

  it('is continued after a stop, from the text that is there', async () => {
    script = async (answer) => {
      await answer.say('Half');
    };
    const conversationId = await begin(ann);
    using socket = await watch(ann, conversationId);
    const { answer } = await send(socket, conversationId, 'Go');
    await socket.waitFor((message) => isDelta(message, 'Half'));
    // The worker that was at it honours the stop: row first, then the end of the stream.
    await runSql(
      `UPDATE generations SET status = 'stopped', stop_reason = 'cancelled', text = 'Half', finished_at = now()
       WHERE message_id = $1`,
      [answer.id],
    );
    expect((await socket.waitForEnd(answer.id)).status).toBe('stopped');

    script = async (continued) => {
      expect(continued.row.request.prefix).toBe('Half');
      await continued.say(' and whole');
      await continued.end();
    };
    await socket.ask({ type: 'chat.continue', conversationId, messageId: answer.id });
    await socket.waitFor((it) => it.type === 'message.updated' && it.message.content === 'Half and whole');
    const tree = await getTree(ann, conversationId);
    expect(tree.messages.at(-1)).toMatchObject({
      id: answer.id,
      content: 'Half and whole',
      status: 'complete',
    });
    expect(
      await socket.request({ type: 'chat.continue', conversationId, messageId: answer.id }),
    ).toMatchObject({
      error: { code: 'CHAT_NOT_CONTINUABLE' },
    });
  });

  it('stays findable, rateable and trainable when its continuation fails before it begins', async () => {
    expectStatus(await ann.client.patch('/api/me', { trainingConsent: true }), 200);
    script = async (answer) => {
      await answer.say('Half a zebra');
      await answer.end();
    };
    const conversationId = await begin(ann);
    using socket = await watch(ann, conversationId);
    const { answer } = await send(socket, conversationId, 'Which animal?');
    const first = await socket.waitForEnd(answer.id);
    await runSql(`UPDATE generations SET stop_reason = 'length' WHERE message_id = $1`, [answer.id]);

    const error = new AppError('MODEL_NOT_FOUND', { model: 'gone' }).toFailure();
    script = async ({ row }) => {
      await runSql(
        `UPDATE generations SET status = 'failed', stop_reason = 'failed', text = '', error = $2, finished_at = now() - interval '1 s'
         WHERE id = $1`,
        [row.id, JSON.stringify(error)],
      );
    };
    await socket.ask({ type: 'chat.continue', conversationId, messageId: answer.id });
    await socket.waitFor((it) => it.type === 'message.updated' && it.message.status === 'failed');
    const { messages } = await getTree(ann, conversationId);
    expect(messages.at(-1)).toMatchObject({
      content: 'Half a zebra',
      status: 'failed',
      generation: { provenance: first.generation?.provenance, error },
    });
    expect(expectStatus(await ann.client.get('/api/search?q=zebra'), 200)).toHaveLength(1);
    expectStatus(await ann.client.send('PUT', `/api/messages/${answer.id}/thumb`, { value: 'up' }), 200);
    const { counts } = datasetPreviewSchema.parse((await ann.client.post('/api/datasets/preview', {})).body);
    expect(counts.kto.train + counts.kto.held_out).toBe(1);
  });

  it('stays the answer of who made it when another version goes on and says nothing; that one says how it ended', async () => {
    script = async (answer) => {
      await answer.say('Half');
      await answer.end();
    };
    const conversationId = await begin(ann);
    using socket = await watch(ann, conversationId);
    const { answer } = await send(socket, conversationId, 'Go');
    await socket.waitForEnd(answer.id);
    await runSql(`UPDATE generations SET stop_reason = 'length' WHERE message_id = $1`, [answer.id]);

    const modelVersionId = await withClient((db) => registerScriptedVersion(db, liveId));
    await ann.client.patch(`/api/conversations/${conversationId}`, { parameters: { modelVersionId } });
    const asked: string[] = [];
    script = async (continued) => {
      asked.push(continued.row.modelVersionId);
      await continued.end();
    };
    const goOn = { type: 'chat.continue', conversationId, messageId: answer.id } as const;
    await socket.ask(goOn);
    await expect
      .poll(async () => (await getTree(ann, conversationId)).messages.at(-1)?.status)
      .toBe('complete');
    expect(asked).toEqual([modelVersionId]);
    expect((await getTree(ann, conversationId)).messages.at(-1)).toMatchObject({
      content: 'Half',
      generation: { provenance: { modelVersionId: liveId }, stopReason: 'end' },
    });
    expect(await socket.request(goOn)).toMatchObject({ error: { code: 'CHAT_NOT_CONTINUABLE' } });
  });
});

describe('the socket refuses', () => {
  it('a connection without a session or from a foreign page', async () => {
    await expect(ChatSocket.open(ann.client, { cookie: 'attune_session=nobody' })).rejects.toThrow('401');
    await expect(ChatSocket.open(ann.client, { origin: 'https://evil.example' })).rejects.toThrow('403');
  });

  it('what is not of the contract, with a code, and goes on', async () => {
    using socket = await ChatSocket.open(ann.client);
    const errors = () =>
      socket.received.flatMap((it) => (it.type === 'error' ? [[it.id, it.error.code]] : []));
    socket.socket.send('{not json');
    socket.socket.send('"text"');
    socket.socket.send(JSON.stringify({ type: 'chat.dance', id: 'a' }));
    socket.socket.send(JSON.stringify({ type: 'chat.stop', id: 'b', messageId: 'no uuid' }));
    socket.socket.send(Buffer.from([0x7b, 0x22, 0xff, 0xfe]), { binary: false });
    socket.socket.send(
      `{"type":"chat.send","id":"c","conversationId":"${crypto.randomUUID()}","parentId":null,"content":"\\ud800"}`,
    );
    const after = { [crypto.randomUUID()]: `${'9'.repeat(23)}-0` };
    socket.socket.send(
      JSON.stringify({ type: 'conversation.watch', id: 'd', conversationId: crypto.randomUUID(), after }),
    );
    socket.socket.send(Buffer.alloc(10 * 1024 * 1024, 'a'));
    expect(await socket.request({ type: 'ping' })).toEqual({ ok: true, result: null });
    expect(errors()).toEqual([
      [null, 'REQUEST_INVALID'],
      [null, 'REQUEST_INVALID'],
      ['a', 'SOCKET_MESSAGE_UNKNOWN'],
      ['b', 'REQUEST_INVALID'],
      [null, 'REQUEST_INVALID'],
      ['c', 'REQUEST_INVALID'],
      ['d', 'REQUEST_INVALID'],
      [null, 'REQUEST_TOO_LARGE'],
    ]);
  });

  it("other people's conversations and messages", async () => {
    script = sayHello;
    const conversationId = await begin(ann);
    using own = await watch(ann, conversationId);
    const { userMessage, answer } = await send(own, conversationId, 'Mine');
    await own.waitForEnd(answer.id);
    using socket = await ChatSocket.open(ben.client);
    const parentId = userMessage?.id ?? '';
    const replies = await Promise.all([
      socket.request({ type: 'conversation.watch', conversationId }),
      socket.request({ type: 'chat.send', conversationId, parentId: null, content: 'x' }),
      socket.request({ type: 'chat.regenerate', conversationId, parentId }),
      socket.request({ type: 'chat.continue', conversationId, messageId: answer.id }),
      socket.request({ type: 'chat.stop', messageId: answer.id }),
    ]);
    for (const reply of replies) expect(reply).toMatchObject({ error: { code: 'RESOURCE_NOT_FOUND' } });
  });

  it('a parent of another conversation', async () => {
    script = sayHello;
    const [here, there] = [await begin(ann), await begin(ann)];
    using socket = await watch(ann, there);
    const { answer } = await send(socket, there, 'There');
    await socket.waitForEnd(answer.id);
    expect(
      await socket.request({ type: 'chat.send', conversationId: here, parentId: answer.id, content: 'x' }),
    ).toMatchObject({ error: { code: 'RESOURCE_NOT_FOUND' } });
  });

  it('a flood, while another connection is served', async () => {
    using flood = await ChatSocket.open(ann.client);
    using calm = await ChatSocket.open(ann.client);
    for (let count = 0; count < 150; count++) flood.socket.send(`{"type":"ping","id":"${count}"}`);
    await flood.waitFor((it) => it.type === 'error' && it.error.code === 'REQUEST_RATE_LIMITED');
    expect(await calm.request({ type: 'ping' })).toMatchObject({ ok: true });
  });

  it('a session that was signed out', async () => {
    const person = await invite(ann, 'user');
    using socket = await ChatSocket.open(person.client);
    expectStatus(await person.client.post('/api/auth/logout'), 204);
    expect(await socket.closed).toBe(4001);
  });
});

describe('sockets that never read', () => {
  it('two hundred of them: the one that does gets everything, in time', async () => {
    script = async (answer) => {
      for (let count = 0; count < 300; count++) await answer.say(`${count} ${'x'.repeat(200)}`);
      await answer.end();
    };
    const conversationId = await begin(ann);
    const stuck = await Promise.all(Array.from({ length: 200 }, () => watch(ann, conversationId)));
    for (const { socket } of stuck) socket.pause();
    using reader = await watch(ann, conversationId);
    const { answer } = await send(reader, conversationId, 'Flood');
    const settled = await reader.waitForEnd(answer.id, 30_000);
    expect(reader.readText(answer.id)).toBe(settled.content);
    expect(settled.content.length).toBeGreaterThan(60_000);
    for (const socket of stuck) socket[Symbol.dispose]();
  });

  it('are closed when too much is unread, and hold no more than that', async () => {
    const gateway = server.app.get(ChatGateway, { strict: false });
    await expect.poll(() => gateway.openCount, { timeout: 10_000 }).toBe(0);
    const conversationId = await begin(ann);
    const stuck = await Promise.all(Array.from({ length: 10 }, () => watch(ann, conversationId)));
    for (const { socket } of stuck) socket.pause();
    using reader = await watch(ann, conversationId);
    // Each change is told to every watcher, with its megabyte; the system's own buffers take some of them.
    for (let count = 0; count < 30; count++) {
      const draft = String(count).padEnd(1_000_000, 'x');
      expectStatus(await ann.client.patch(`/api/conversations/${conversationId}`, { draft }), 200);
    }
    await reader.waitFor(
      (it) => it.type === 'conversation.updated' && it.conversation.draft.startsWith('29x'),
    );
    await expect.poll(() => gateway.openCount, { timeout: 10_000 }).toBe(1);
    expect(await reader.request({ type: 'ping' })).toMatchObject({ ok: true });
    for (const socket of stuck) socket[Symbol.dispose]();
  });
});

function isDelta(message: ServerMessage, text: string): boolean {
  return message.type === 'generation.event' && message.event.type === 'delta' && message.event.text === text;
}

async function withClient<T>(use: (db: Client) => Promise<T>): Promise<T> {
  const db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
  return use(db).finally(() => db.end());
}

async function runSql(statement: string, parameters: unknown[]): Promise<void> {
  await withClient((db) => db.query(statement, parameters));
}
