import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataSource } from 'typeorm';
import type {
  Conversation,
  ConversationExport,
  ConversationSummary,
  ConversationTree,
  Folder,
  Message,
  SearchHit,
  Share,
} from '../../common/contracts/conversations.js';
import { createDataSource } from '../../common/database/data-source.js';
import { SearchIndexer } from '../../server/chat/search-indexer.service.js';
import { ApiClient, expectStatus, invite, setUpAdmin, type Person } from '../support/api-client.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let db: DataSource;
let ann: Person;
let ben: Person;

beforeAll(async () => {
  server = await startServerInProcess();
  db = await createDataSource(server.databaseUrl, { poolSize: 2 }).initialize();
  ann = await setUpAdmin(server.url, server.databaseUrl);
  ben = await invite(ann, 'user');
});
afterAll(async () => {
  await db.destroy();
  await server[Symbol.asyncDispose]();
});

const at = '2026-01-02T03:04:05.000Z';
type ExportedMessage = ConversationExport['conversation']['messages'][number];

/** A message of an Attune file. */
function message(role: 'user' | 'assistant', content: string, parent?: ExportedMessage): ExportedMessage {
  return {
    id: randomUUID(),
    parentId: parent?.id ?? null,
    role,
    content,
    status: 'complete',
    createdAt: at,
    editedFromId: null,
    generation: null,
  };
}

function file(messages: ExportedMessage[], title = 'Imported'): ConversationExport {
  return {
    format: 'attune-conversation',
    version: 1,
    conversation: {
      id: randomUUID(),
      title,
      pinned: true,
      createdAt: at,
      updatedAt: at,
      systemPrompt: 'Be exact.',
      parameters: { modelVersionId: null, sampling: { temperature: 0.5 } },
      trainingConsent: false,
      leafId: messages.at(-1)?.id ?? null,
      messages,
    },
  };
}

async function importFile(person: Person, content: unknown): Promise<ConversationSummary[]> {
  return expectStatus(
    await person.client.post('/api/conversations/import', content),
    201,
  ) as ConversationSummary[];
}
async function importOne(person: Person, messages: ExportedMessage[], title?: string): Promise<string> {
  const [summary] = await importFile(person, file(messages, title));
  return summary?.id ?? '';
}
async function getTree(person: Person, id: string): Promise<ConversationTree> {
  return expectStatus(await person.client.get(`/api/conversations/${id}`), 200) as ConversationTree;
}
const errorOf = (reply: { status: number; body: unknown }) => [
  reply.status,
  (reply.body as { code: string }).code,
];

describe('a conversation', () => {
  it('keeps title, pin, folder, prompt, parameters, consent and draft', async () => {
    const folder = expectStatus(await ann.client.post('/api/folders', { name: 'Work' }), 201) as Folder;
    const { id } = expectStatus(await ann.client.post('/api/conversations'), 201) as Conversation;
    const change = {
      title: 'Renamed',
      pinned: true,
      folderId: folder.id,
      systemPrompt: '简短。',
      parameters: { modelVersionId: null, sampling: { topK: 1 } },
      trainingConsent: true,
      draft: 'half a thou',
    };
    expectStatus(await ann.client.patch(`/api/conversations/${id}`, change), 200);
    expect(await getTree(ann, id)).toMatchObject({ ...change, messages: [] });

    expectStatus(await ann.client.delete(`/api/folders/${folder.id}`), 204);
    expect(await getTree(ann, id)).toMatchObject({ folderId: null, title: 'Renamed' });
    expectStatus(await ann.client.delete(`/api/conversations/${id}`), 204);
    expect(errorOf(await ann.client.get(`/api/conversations/${id}`))).toEqual([404, 'RESOURCE_NOT_FOUND']);
  });

  it('is put into no folder at a place that the database cannot hold', async () => {
    const create = (position: number) => ann.client.post('/api/folders', { name: 'Far', position });
    expect((await create(2 ** 31 - 1)).status).toBe(201);
    expect(errorOf(await create(2 ** 31))).toEqual([400, 'REQUEST_INVALID']);
  });

  it('lists the pinned ones first, then the latest', async () => {
    const person = await invite(ann, 'user');
    for (const title of ['old', 'new'])
      expectStatus(await person.client.post('/api/conversations', { title }), 201);
    await importOne(person, [message('user', 'hi')], 'pinned');
    const list = expectStatus(await person.client.get('/api/conversations'), 200) as ConversationSummary[];
    expect(list.map(({ title }) => title)).toEqual(['pinned', 'new', 'old']);
  });

  it("is nobody else's, by any route", async () => {
    const question = message('user', 'secret');
    const id = await importOne(ann, [question, message('assistant', 'secret too', question)]);
    const [first, second] = (await getTree(ann, id)).messages;
    const folder = expectStatus(await ann.client.post('/api/folders', { name: 'Mine' }), 201) as Folder;
    const share = expectStatus(await ann.client.post(`/api/conversations/${id}/shares`), 201) as Share;
    const own = expectStatus(await ben.client.post('/api/conversations'), 201) as Conversation;
    const tries = [
      ben.client.get(`/api/conversations/${id}`),
      ben.client.patch(`/api/conversations/${id}`, { title: 'x' }),
      ben.client.delete(`/api/conversations/${id}`),
      ben.client.get(`/api/conversations/${id}/export`),
      ben.client.get(`/api/conversations/${id}/shares`),
      ben.client.post(`/api/conversations/${id}/shares`),
      ben.client.delete(`/api/shares/${share.id}`),
      ben.client.patch(`/api/messages/${second?.id}`, { content: 'x' }),
      ben.client.delete(`/api/messages/${first?.id}`),
      ben.client.get(`/api/messages/${second?.id}/log-probs`),
      ben.client.patch(`/api/folders/${folder.id}`, { name: 'x' }),
      ben.client.delete(`/api/folders/${folder.id}`),
      ben.client.patch(`/api/conversations/${own.id}`, { folderId: folder.id }),
      ben.client.patch(`/api/conversations/${own.id}`, { leafId: first?.id }),
    ];
    for (const reply of await Promise.all(tries)) expect(errorOf(reply)).toEqual([404, 'RESOURCE_NOT_FOUND']);
    expect(expectStatus(await ben.client.get('/api/search?q=secret'), 200)).toEqual([]);
    const nobody = new ApiClient(server.url);
    expect((await nobody.get(`/api/conversations/${id}`)).status).toBe(401);
    expect((await getTree(ann, id)).messages).toHaveLength(2);
  });

  it('of 10,000 messages in one branch is imported, loaded, cut and erased', async () => {
    const messages: ExportedMessage[] = [];
    for (let index = 0; index < 10_000; index++)
      messages.push(message(index % 2 ? 'assistant' : 'user', `turn ${index}`, messages.at(-1)));
    const id = await importOne(ann, messages);
    const tree = await getTree(ann, id);
    expect(tree.messages.map(({ content }) => content)).toEqual(messages.map(({ content }) => content));
    expectStatus(await ann.client.delete(`/api/messages/${tree.messages[2]?.id}`), 204);
    expect(await getTree(ann, id)).toMatchObject({ leafId: tree.messages[1]?.id });
    expectStatus(await ann.client.delete(`/api/conversations/${id}`), 204);
    expect(await db.query(`SELECT id FROM messages WHERE conversation_id = $1`, [id])).toEqual([]);
  });

  it('is erased with its person, and so is everything that was asked and said', async () => {
    const person = await invite(ann, 'user');
    const question = message('user', 'who am I');
    const id = await importOne(person, [question, message('assistant', 'you', question)]);
    const leafId = (await getTree(person, id)).leafId;
    await person.client.post(`/api/conversations/${id}/shares`);
    await person.client.post('/api/folders', { name: 'Mine' });
    for (const owner of [
      { message_id: leafId, user_id: person.user.id },
      { message_id: null, user_id: person.user.id },
    ])
      await db.query(
        `INSERT INTO generations (id, model_version_id, request_id, request, message_id, user_id)
         VALUES ($1, $1, 'test', '{"turns": "personal"}', $2, $3)`,
        [randomUUID(), owner.message_id, owner.user_id],
      );
    await db.query(`DELETE FROM users WHERE id = $1`, [person.user.id]);
    const left = await db.query(
      `SELECT (SELECT count(*) FROM generations)::int AS generations,
              (SELECT count(*) FROM messages WHERE conversation_id = $1)::int AS messages,
              (SELECT count(*) FROM conversations WHERE user_id = $2)::int AS conversations,
              (SELECT count(*) FROM folders WHERE user_id = $2)::int AS folders,
              (SELECT count(*) FROM shares WHERE conversation_id = $1)::int AS shares`,
      [id, person.user.id],
    );
    expect(left).toEqual([{ generations: 0, messages: 0, conversations: 0, folders: 0, shares: 0 }]);
  });
});

describe('search', () => {
  it('finds words in their forms, unfinished words, Chinese phrases and single characters', async () => {
    const person = await invite(ann, 'user');
    const english = message('user', 'How do I keep my running shoes dry?');
    const chinese = message('assistant', '数据库的全文搜索可以用 PostgreSQL 实现，不需要词典。', english);
    const id = await importOne(person, [english, chinese], 'Shoes');
    const [first, second] = (await getTree(person, id)).messages;
    const find = async (q: string) => {
      const reply = await person.client.get(`/api/search?q=${encodeURIComponent(q)}`);
      return expectStatus(reply, 200) as SearchHit[];
    };
    const ids = async (q: string) => (await find(q)).map(({ messageId }) => messageId);
    expect(await ids('run')).toEqual([first?.id]);
    expect(await ids('dry sho')).toEqual([first?.id]);
    expect(await ids('全文搜索')).toEqual([second?.id]);
    expect(await ids('典')).toEqual([second?.id]);
    expect(await ids('postgres 搜索')).toEqual([second?.id]);
    // Both pairs occur, but not next to each other.
    expect(await ids('搜索文')).toEqual([]);
    expect(await ids('elephant')).toEqual([]);
    expect(await ids("');--")).toEqual([]);
    expect((await find('全文'))[0]?.excerpt).toContain('\u0002全文\u0003搜索');
    expect((await find('shoe')).find(({ messageId }) => messageId === first?.id)?.excerpt).toContain(
      '\u0002shoes\u0003',
    );
    // By title: shown at its last message.
    expect(await ids('Shoes')).toContain(second?.id);
  });

  it('finds names of files, numbers and addresses by their parts, and words by their beginnings', async () => {
    const person = await invite(ann, 'user');
    const text =
      'Fix README.md and config.ts of 3.14: authentication in /etc/nginx.conf fails for bob@example.com';
    const id = await importOne(person, [message('user', text)], 'Notes');
    const [first] = (await getTree(person, id)).messages;
    const expectFound = async (q: string, marked: string) => {
      const reply = await person.client.get(`/api/search?q=${encodeURIComponent(q)}`);
      const hits = expectStatus(reply, 200) as SearchHit[];
      expect([q, hits.map(({ messageId }) => messageId)]).toEqual([q, [first?.id]]);
      expect(hits[0]?.excerpt).toContain(`\u0002${marked}`);
    };
    await expectFound('README.md', 'README\u0003.\u0002md');
    await expectFound('readme', 'README');
    await expectFound('config.ts', 'config');
    await expectFound('3.14', '3\u0003.\u000214');
    await expectFound('nginx', 'nginx');
    await expectFound('bob@example.com', 'bob');
    await expectFound('authentica', 'authentica');
    await expectFound('authenticating', 'authentication');
    await expectFound('the authentication', 'authentication');
  });

  it('finds what was indexed by other rules, as soon as the server has been there', async () => {
    const person = await invite(ann, 'user');
    const id = await importOne(person, [message('user', 'Fix README.md 数据库')], 'Notes');
    await db.query(`UPDATE messages SET search = '', search_outdated = true WHERE conversation_id = $1`, [
      id,
    ]);
    const find = async (q: string) =>
      (expectStatus(await person.client.get(`/api/search?q=${encodeURIComponent(q)}`), 200) as SearchHit[])
        .length;
    expect(await find('readme')).toBe(0);
    await server.app.get(SearchIndexer, { strict: false }).indexAll();
    expect([await find('readme'), await find('数据')]).toEqual([1, 1]);
    expect(await db.query(`SELECT id FROM messages WHERE search_outdated`)).toEqual([]);
  });
});

describe('a file', () => {
  it('of Attune gives the same tree again, texts, branches, edits and all', async () => {
    const question = message('user', 'Question \u{1F600} "quoted"\n\n```js\n1 < 2\n```');
    const answer: ExportedMessage = {
      ...message('assistant', 'Answer', question),
      status: 'stopped',
      generation: {
        stopReason: 'cancelled',
        context: { promptTokens: 3, contextTokens: 512, droppedTurns: 0 },
        usage: { promptTokens: 3, cachedTokens: 1, completionTokens: 2 },
        timings: { firstTokenMs: 1.5, totalMs: 3, queueMs: 0, tokensPerSecond: 20 },
        provenance: null,
        error: null,
      },
    };
    const edited = { ...message('assistant', 'Better', question), editedFromId: answer.id };
    const other = message('user', 'Another beginning');
    const id = await importOne(ann, [question, answer, edited, other], 'Round trip');
    const exported = expectStatus(
      await ann.client.get(`/api/conversations/${id}/export`),
      200,
    ) as ConversationExport;
    const again = await importFile(ben, exported);
    const tree = await getTree(ben, again[0]?.id ?? '');
    const exportedAgain = expectStatus(
      await ben.client.get(`/api/conversations/${tree.id}/export`),
      200,
    ) as ConversationExport;
    expect(withoutIds(exportedAgain)).toEqual(withoutIds(exported));
    expect(exported.conversation).toMatchObject({
      title: 'Round trip',
      pinned: true,
      trainingConsent: false,
    });
    expect(exported.conversation.messages[1]?.generation).toEqual(answer.generation);
  });

  it('that is broken imports nothing and says where', async () => {
    const person = await invite(ann, 'user');
    const good = file([message('user', 'fine')]);
    const broken = file([{ ...message('user', 'lost'), parentId: randomUUID() }]);
    const reply = await person.client.post('/api/conversations/import', [good, broken]);
    expect(errorOf(reply)).toEqual([422, 'IMPORT_INVALID']);
    expect((reply.body as { message: string }).message).toContain('[1].conversation.messages.');
    expect(expectStatus(await person.client.get('/api/conversations'), 200)).toEqual([]);
    for (const nonsense of [42, 'text', {}, [null], [[]]])
      expect(errorOf(await person.client.post('/api/conversations/import', nonsense))[1]).toMatch(/INVALID$/);
  });

  it('in Markdown is named after the conversation', async () => {
    const id = await importOne(ann, [message('user', 'Hello')], '问候');
    const reply = await ann.client.get(`/api/conversations/${id}/export?format=markdown`);
    expect(reply.headers.get('content-type')).toContain('text/markdown');
    expect(reply.headers.get('content-disposition')).toContain('%E9%97%AE%E5%80%99.md');
    expect(reply.body).toBe('# 问候\n\n> Be exact.\n\n## User\n\nHello\n');
  });
});

describe('a shared link', () => {
  it('shows the branch as it was, to anyone, until it is revoked', async () => {
    const question = message('user', 'Q');
    const id = await importOne(ann, [
      question,
      message('assistant', 'other branch', question),
      message('assistant', 'A', question),
    ]);
    const share = expectStatus(await ann.client.post(`/api/conversations/${id}/shares`), 201) as Share;
    const [, , shown] = (await getTree(ann, id)).messages;
    await ann.client.patch(`/api/messages/${shown?.id}`, { content: 'said later' });
    const link = (share.path ?? '').replace('/share/', '/api/shared/');
    const anyone = new ApiClient(server.url);
    const seen = expectStatus(await anyone.get(link), 200) as { messages: Message[] };
    expect(seen.messages.map(({ content }) => content)).toEqual(['Q', 'A']);
    expect(JSON.stringify(seen)).not.toContain(ann.user.id);

    expect(expectStatus(await ann.client.get(`/api/conversations/${id}/shares`), 200)).toEqual([
      { id: share.id, path: null, createdAt: share.createdAt },
    ]);
    expectStatus(await ann.client.delete(`/api/shares/${share.id}`), 204);
    expect((await anyone.get(link)).status).toBe(404);
  });
});

describe('an answer', () => {
  it('can be edited beside itself; a message of the user cannot', async () => {
    const question = message('user', 'Q');
    const id = await importOne(ann, [question, message('assistant', 'A', question)]);
    const [first, second] = (await getTree(ann, id)).messages;
    expect(errorOf(await ann.client.patch(`/api/messages/${first?.id}`, { content: 'x' }))).toEqual([
      409,
      'CHAT_NOT_AN_ANSWER',
    ]);
    const edited = expectStatus(
      await ann.client.patch(`/api/messages/${second?.id}`, { content: 'Better' }),
      200,
    ) as Message;
    expect(await getTree(ann, id)).toMatchObject({ leafId: edited.id });
  });
});

/** Ids are drawn anew by an import; the tree they make stays. */
function withoutIds({ conversation }: ConversationExport) {
  const order = new Map(conversation.messages.map(({ id }, index) => [id, index]));
  const place = (id: string | null) => (id === null ? null : order.get(id));
  return {
    ...conversation,
    id: null,
    leafId: place(conversation.leafId),
    messages: conversation.messages.map((it) => ({
      ...it,
      id: place(it.id),
      parentId: place(it.parentId),
      editedFromId: place(it.editedFromId),
    })),
  };
}
