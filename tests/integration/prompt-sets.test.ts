/** Prompt sets over HTTP: those that come with Attune, one's own, and files in and out. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promptSchema, promptSetSchema, type PromptSet } from '../../common/contracts/prompt-sets.js';
import { expectStatus, setUpAdmin, type ApiReply, type Person } from '../support/api-client.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let ann: Person;
beforeAll(async () => {
  server = await startServerInProcess();
  ann = await setUpAdmin(server.url, server.databaseUrl);
});
afterAll(() => server[Symbol.asyncDispose]());

const list = async () =>
  promptSetSchema.array().parse(expectStatus(await ann.client.get('/api/prompt-sets'), 200));
const listPrompts = async ({ id }: Pick<PromptSet, 'id'>, page = '') =>
  promptSchema
    .array()
    .parse(expectStatus(await ann.client.get(`/api/prompt-sets/${id}/prompts${page}`), 200));
const make = async (name: string) =>
  promptSetSchema.parse(
    expectStatus(await ann.client.post('/api/prompt-sets', { name, purpose: 'training' }), 201),
  );
const importFile = (lines: readonly unknown[], name = 'Taken in') =>
  ann.client.sendFile(
    `/api/prompt-sets/import?${new URLSearchParams({ name, purpose: 'quality', fileName: 'p.jsonl' }).toString()}`,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );
const codeOf = ({ status, body }: ApiReply) => [status, (body as { code?: string }).code];
const asks = (content: string) => [{ role: 'user', content }];

describe('the sets that come with Attune', () => {
  it('hold answers to stated checks, in English and Chinese', async () => {
    const builtIn = (await list()).filter(({ isBuiltIn }) => isBuiltIn);
    expect(builtIn.map(({ purpose }) => purpose)).toEqual(['regression', 'safety']);
    for (const set of builtIn) {
      const prompts = await listPrompts(set, '?limit=100');
      expect(prompts).toHaveLength(set.prompts);
      expect(prompts.every(({ checks }) => checks.length > 0)).toBe(true);
      const isChinese = prompts.map(({ messages }) => /\p{Script=Han}/u.test(messages[0]?.content ?? ''));
      expect(new Set(isChinese)).toEqual(new Set([true, false]));
    }
  });

  it('are brought once: what is deleted stays deleted, what is renamed stays renamed', async () => {
    const [regression, safety] = await list();
    expectStatus(await ann.client.delete(`/api/prompt-sets/${regression?.id}`), 204);
    expectStatus(await ann.client.patch(`/api/prompt-sets/${safety?.id}`, { name: 'Harmless' }), 200);
    await using again = await startServerInProcess({ DATABASE_URL: server.databaseUrl });
    expect(again.url).not.toBe(server.url);
    expect((await list()).map(({ name }) => name)).toEqual(['Harmless']);
  });
});

describe('a set of one’s own', () => {
  it('takes prompts in order, changes and loses them, and is copied', async () => {
    const set = await make('Whales');
    const path = `/api/prompt-sets/${set.id}`;
    const add = async (content: string) =>
      promptSchema.parse(
        expectStatus(await ann.client.post(`${path}/prompts`, { messages: asks(content) }), 201),
      );
    const [first, second] = [await add('Do whales sleep?'), await add('Do whales sing?')];
    expectStatus(
      await ann.client.send('PUT', `/api/prompts/${first.id}`, {
        messages: asks('Do whales dream?'),
        checks: [{ kind: 'length', max: 20 }],
      }),
      200,
    );
    expectStatus(await ann.client.delete(`/api/prompts/${second.id}`), 204);
    await add('Do whales play?');
    const copy = promptSetSchema.parse(
      expectStatus(await ann.client.post(`${path}/copy`, { name: 'Whales too' }), 201),
    );
    expect(copy).toMatchObject({ name: 'Whales too', purpose: 'training', prompts: 2, checks: 1 });
    expect((await listPrompts(copy)).map(({ messages }) => messages[0]?.content)).toEqual([
      'Do whales dream?',
      'Do whales play?',
    ]);
    expectStatus(await ann.client.delete(path), 204);
    expect(await listPrompts(copy, '?limit=1&offset=1')).toMatchObject([
      { messages: asks('Do whales play?') },
    ]);
    expect(codeOf(await ann.client.get(path))).toEqual([404, 'RESOURCE_NOT_FOUND']);
  });

  it('refuses prompts that nothing can answer, and checks that cannot be used', async () => {
    const path = `/api/prompt-sets/${(await make('Refused')).id}/prompts`;
    const add = async (prompt: object) => codeOf(await ann.client.post(path, prompt));
    const answered = [...asks('Hi'), { role: 'assistant', content: 'Hello.' }];
    expect(await add({ messages: answered })).toEqual([400, 'REQUEST_INVALID']);
    expect(await add({ messages: asks(' ') })).toEqual([400, 'REQUEST_INVALID']);
    expect(await add({ messages: asks('Hi'), checks: [{ kind: 'matches', pattern: '(' }] })).toEqual([
      400,
      'REQUEST_INVALID',
    ]);
    const schema = { type: 'colour' };
    expect(await add({ messages: asks('Hi'), checks: [{ kind: 'json_schema', schema }] })).toEqual([
      422,
      'CHECK_INVALID',
    ]);
  });
});

describe('a file of prompts', () => {
  it('comes back as it went out', async () => {
    const lines = [
      { prompt: 'Do whales sleep?' },
      {
        prompt: [{ role: 'system', content: 'Be brief.' }, ...asks('What is 3 plus 4?')],
        checks: [{ kind: 'arithmetic' }],
      },
    ];
    const set = promptSetSchema.parse(expectStatus(await importFile(lines), 201));
    expect(set).toMatchObject({ name: 'Taken in', purpose: 'quality', prompts: 2, checks: 1 });
    const { body } = await ann.client.get(`/api/prompt-sets/${set.id}/export`);
    const again = promptSetSchema.parse(expectStatus(await importFile([String(body).trim()], 'Again'), 201));
    const contents = async (of: PromptSet) => (await listPrompts(of)).map(({ id: _, ...content }) => content);
    expect(await contents(again)).toEqual(await contents(set));
    expect(await contents(set)).toEqual([
      { messages: asks('Do whales sleep?'), checks: [] },
      {
        messages: [{ role: 'system', content: 'Be brief.' }, ...asks('What is 3 plus 4?')],
        checks: [{ kind: 'arithmetic', result: null }],
      },
    ]);
  });

  it('imports nothing when a line is broken, and says which lines and why', async () => {
    const before = (await list()).length;
    const reply = await importFile([
      { prompt: 'In order.' },
      '{"prompt": ',
      { prompt: 'Hi', checks: [{ kind: 'polite' }] },
      { prompt: 'Hi', answer: 'Hello' },
      { prompt: 'Hi', checks: [{ kind: 'json_schema', schema: { type: 'colour' } }] },
    ]);
    expect(codeOf(reply)).toEqual([422, 'PROMPT_FILE_INVALID']);
    const { details } = reply.body as { details: { count: number; problems: string[] } };
    expect(details.count).toBe(4);
    expect(details.problems.map((problem) => problem.split(':')[0])).toEqual([
      'line 2',
      'line 3',
      'line 4',
      'line 5',
    ]);
    expect(await list()).toHaveLength(before);
    expect(codeOf(await importFile(['', '']))).toEqual([422, 'PROMPT_FILE_EMPTY']);
  });
});
