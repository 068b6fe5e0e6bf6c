/** A chat with a real model on real processes, each of which is stopped, killed or emptied in the middle of an answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Conversation, ConversationTree, Message } from '../../common/contracts/conversations.js';
import { createDataSource } from '../../common/database/data-source.js';
import { endProcess } from '../../bin/launcher/processes.js';
import { startRedis, type RunningRedis } from '../../bin/launcher/redis.js';
import { expectStatus, setUpAdmin, type Person } from '../support/api-client.js';
import { ChatSocket } from '../support/chat-socket.js';
import { registerTestModel } from '../support/generations.js';
import {
  startInferenceWorker,
  startServer,
  type RunningProgram,
  type RunningServer,
} from '../support/programs.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';
import { writeTinyModel } from '../support/tiny-model.js';

/** Takes the tiny model some seconds: long enough to be interrupted. */
const long = { temperature: 0, maxTokens: 700 };
const endMs = 50_000;

let folder: string;
let modelFile: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'attune-durability-'));
  modelFile = path.join(folder, 'tiny.gguf');
  const size = { contextLength: 2048, layers: 8, width: 256, feedForward: 768 };
  await writeTinyModel(modelFile, { ...size, endless: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an answer survives', { timeout: 120_000 }, () => {
  let database: TestDatabase;
  let redis: RunningRedis;
  let redisFolder: string;
  let db: DataSource;
  let server: RunningServer;
  let programs: RunningProgram[] = [];
  let person: Person;
  let conversationId: string;

  beforeEach(async () => {
    redisFolder = mkdtempSync(path.join(tmpdir(), 'attune-redis-'));
    [database, redis] = await Promise.all([createTestDatabase(), startEmptyRedis()]);
    db = await createDataSource(database.url, { poolSize: 2 }).initialize();
    await registerTestModel(db, modelFile);
    server = await startOne(services());
    startWorker();
    person = await setUpAdmin(server.url, database.url);
    conversationId = (expectStatus(await person.client.post('/api/conversations'), 201) as Conversation).id;
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') for (const program of programs) console.error(program.output());
    await Promise.all(programs.map((program) => program[Symbol.asyncDispose]()));
    programs = [];
    await db.destroy();
    await Promise.all([database.drop(), redis.stop()]);
    rmSync(redisFolder, { recursive: true, force: true });
  });

  /** On the same port every time; with nothing of the last time. */
  const startEmptyRedis = () => startRedis({ dataDir: redisFolder, isDurable: false });
  const services = () => ({ databaseUrl: database.url, redisUrl: redis.url });
  async function startOne(options: Parameters<typeof startServer>[0]): Promise<RunningServer> {
    const started = await startServer(options);
    programs.push(started);
    return started;
  }
  function startWorker(): RunningProgram {
    const worker = startInferenceWorker({
      ...services(),
      dataDir: path.join(folder, `data-${programs.length}`),
    });
    programs.push(worker);
    return worker;
  }
  async function watch(after?: Record<string, string>): Promise<ChatSocket> {
    const socket = await ChatSocket.open(person.client);
    await socket.request({ type: 'conversation.watch', conversationId, after });
    return socket;
  }
  async function begin(socket: ChatSocket): Promise<Message> {
    const sent = await socket.ask({
      type: 'chat.send',
      conversationId,
      parentId: null,
      content: 'Tell me a long story',
      sampling: long,
    });
    await waitForLength(socket, sent.answer.id, 40);
    return sent.answer;
  }
  async function waitUntilKept(messageId: string): Promise<Message> {
    const deadline = Date.now() + endMs;
    for (;;) {
      const reply = await person.client.get(`/api/conversations/${conversationId}`);
      const tree = expectStatus(reply, 200) as ConversationTree;
      const message = tree.messages.find(({ id }) => id === messageId);
      if (message && message.status !== 'queued' && message.status !== 'streaming') return message;
      if (Date.now() > deadline) throw new Error(`The answer is still ${message?.status}.`);
      await delay(100);
    }
  }
  async function expectKept(message: Message): Promise<void> {
    const reply = await person.client.get(`/api/conversations/${conversationId}`);
    const tree = expectStatus(reply, 200) as ConversationTree;
    expect(tree.messages.at(-1)).toMatchObject({
      id: message.id,
      content: message.content,
      status: 'complete',
    });
    expect(message.generation?.error).toBeNull();
  }

  it('nothing happening: two watchers read the same, which is what is kept', async () => {
    using first = await watch();
    using second = await watch();
    const answer = await begin(first);
    const [settled] = await Promise.all([first, second].map((it) => it.waitForEnd(answer.id, endMs)));
    expect(first.readText(answer.id)).toBe(settled?.content);
    expect(second.readText(answer.id)).toBe(settled?.content);
    if (settled) await expectKept(settled);
  });

  it('a reload: nothing is lost, nothing comes twice', async () => {
    const before = await watch();
    const answer = await begin(before);
    const seen = before.readText(answer.id);
    const after = before.readEntryIds(answer.id).at(-1) ?? '';
    before[Symbol.dispose]();
    using back = await watch({ [answer.id]: after });
    const settled = await back.waitForEnd(answer.id, endMs);
    expect(back.readText(answer.id, seen)).toBe(settled.content);
    const entryIds = [...before.readEntryIds(answer.id), ...back.readEntryIds(answer.id)];
    expect(new Set(entryIds).size).toBe(entryIds.length);
    await expectKept(settled);
  });

  it("the server's death and restart, on another server meanwhile", async () => {
    const before = await watch();
    const answer = await begin(before);
    const seen = before.readText(answer.id);
    const after = before.readEntryIds(answer.id).at(-1) ?? '';
    await server.kill();
    expect(await before.closed).toBe(1006);
    const port = new URL(server.url).port;
    server = await startOne({ ...services(), environment: { ATTUNE_PORT: port } });
    using back = await watch({ [answer.id]: after });
    const settled = await back.waitForEnd(answer.id, endMs);
    // What ended while nobody was connected is told whole; what went on is told from where it was left.
    if (back.readEntryIds(answer.id).length > 0) expect(back.readText(answer.id, seen)).toBe(settled.content);
    await expectKept(settled);
  });

  it('a worker killed in the middle: another goes on after the text that is there', async () => {
    using socket = await watch();
    const answer = await begin(socket);
    const seen = socket.readText(answer.id);
    await programs[1]?.kill();
    startWorker();
    const settled = await socket.waitForEnd(answer.id, endMs);
    expect(settled.content.startsWith(seen.slice(0, 40))).toBe(true);
    expect(socket.readText(answer.id)).toBe(settled.content);
    await expectKept(settled);
  });

  it('Redis emptied in the middle', async () => {
    using socket = await watch();
    const answer = await begin(socket);
    const admin = new Redis(redis.url);
    await admin.flushall();
    admin.disconnect();
    const settled = await socket.waitForEnd(answer.id, endMs);
    expect(socket.readText(answer.id)).toBe(settled.content);
    await expectKept(settled);
    // One worker had it all the time: nobody was asked to begin it a second time.
    expect(server.output()).not.toContain('answer enqueued again');
  });

  it('Redis killed and back, and what was asked in between is answered', async () => {
    using socket = await watch();
    const answer = await begin(socket);
    await endProcess(redis.pid, ['SIGKILL']);
    await redis.exited;
    using other = await ChatSocket.open(person.client);
    const asked = await other.ask({
      type: 'chat.send',
      conversationId,
      parentId: null,
      content: 'Are you there?',
      sampling: { temperature: 0, maxTokens: 10 },
    });
    redis = await startEmptyRedis();
    const [first, second] = await Promise.all([
      socket.waitForEnd(answer.id, endMs),
      waitUntilKept(asked.answer.id),
    ]);
    // It can be settled from the database while its stream, which has to be told again, is still on its way.
    await socket.waitFor(
      (it) => it.type === 'generation.event' && it.messageId === answer.id && it.event.type === 'done',
      endMs,
    );
    expect(socket.readText(answer.id)).toBe(first.content);
    expect(first.generation).toMatchObject({ stopReason: 'length', error: null });
    expect(second).toMatchObject({ status: 'complete', generation: { stopReason: 'length' } });
  });

  it('Redis emptied while it waits in the queue', async () => {
    await programs[1]?.stop();
    using socket = await watch();
    const { answer } = await socket.ask({
      type: 'chat.send',
      conversationId,
      parentId: null,
      content: 'Later',
      sampling: { temperature: 0, maxTokens: 10 },
    });
    const admin = new Redis(redis.url);
    await admin.flushall();
    admin.disconnect();
    startWorker();
    await expectKept(await socket.waitForEnd(answer.id, endMs));
  });

  it('a stop: what was said stays, and is gone on with', async () => {
    using socket = await watch();
    const answer = await begin(socket);
    expect(await socket.request({ type: 'chat.stop', messageId: answer.id })).toMatchObject({ ok: true });
    const stopped = await socket.waitForEnd(answer.id, endMs);
    expect(stopped).toMatchObject({ status: 'stopped', generation: { stopReason: 'cancelled' } });
    expect(socket.readText(answer.id)).toBe(stopped.content);
    await delay(50);
    const continued = await socket.ask({ type: 'chat.continue', conversationId, messageId: answer.id });
    expect(continued.answer).toMatchObject({ id: answer.id, content: stopped.content });
    await socket.waitFor(
      (it) =>
        it.type === 'message.updated' &&
        it.message.status === 'complete' &&
        it.message.content.length > stopped.content.length &&
        it.message.content.startsWith(stopped.content),
      endMs,
    );
  });

  it('a prompt beyond the context: it is refused with a code, and the next message is answered', async () => {
    using socket = await watch();
    const tooLong = await socket.ask({
      type: 'chat.send',
      conversationId,
      parentId: null,
      content: 'word '.repeat(100_000),
      sampling: long,
    });
    const failed = await socket.waitForEnd(tooLong.answer.id, endMs);
    expect(failed.status).toBe('failed');
    expect(failed.generation?.error?.code).toMatch(/^[A-Z]+_[A-Z_]+$/);
    const next = await socket.ask({
      type: 'chat.send',
      conversationId,
      parentId: null,
      content: 'Short',
      sampling: { temperature: 0, maxTokens: 5 },
    });
    expect((await socket.waitForEnd(next.answer.id, endMs)).status).toBe('complete');
  });
});

async function waitForLength(socket: ChatSocket, messageId: string, length: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (socket.readText(messageId).length < length) {
    if (Date.now() > deadline) throw new Error('The answer does not begin.');
    await delay(5);
  }
}
