/** Prompts without an answer in datasets: from conversations, rated or not, and from prompt sets. */
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  datasetDiffSchema,
  datasetItemSchema,
  datasetPreviewSchema,
  datasetSchema,
  type Dataset,
} from '../../common/contracts/datasets.js';
import type { Prompt, PromptSet } from '../../common/contracts/prompt-sets.js';
import { expectStatus, invite, setUpAdmin, type Person } from '../support/api-client.js';
import { JudgedAnswers } from '../support/judged-answers.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let db: Client;
let admin: Person;
let world: JudgedAnswers;

beforeAll(async () => {
  server = await startServerInProcess();
  admin = await setUpAdmin(server.url, server.databaseUrl);
  world = new JudgedAnswers(server);
  db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
});
afterAll(async () => {
  await db.end();
  await server[Symbol.asyncDispose]();
});

const asks = (content: string) => ({ role: 'user', content });
const answers = (content: string) => ({ role: 'assistant', content });
const whole = { includeFeedback: false, splitSettings: { heldOutFraction: 0 } };
const of = (person: Person) => ({ filter: { raterIds: [person.user.id] }, prompts: { conversations: true } });

async function consenting(trainingConsent = true): Promise<Person> {
  const person = await invite(admin, 'user');
  await person.client.patch('/api/me', { trainingConsent });
  return person;
}
const freeze = async (body: object): Promise<Dataset> =>
  datasetSchema.parse(expectStatus(await admin.client.post('/api/datasets', body), 201));
const listItems = async ({ id }: Dataset, split = 'train') => {
  const path = `/api/datasets/${id}/items?kind=prompt&split=${split}&limit=100`;
  return datasetItemSchema.array().parse(expectStatus(await admin.client.get(path), 200));
};
const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
const promptsOf = async (dataset: Dataset) =>
  (await listItems(dataset)).map(({ row }) => row.prompt).sort(byText);
async function makeSet(...questions: string[]): Promise<{ set: PromptSet; prompts: Prompt[] }> {
  const body = { name: 'Whales', purpose: 'training' };
  const set = expectStatus(await admin.client.post('/api/prompt-sets', body), 201) as PromptSet;
  const prompts: Prompt[] = [];
  for (const question of questions) {
    const prompt = { messages: [asks(question)], checks: [{ kind: 'length', max: 20 }] };
    const reply = await admin.client.post(`/api/prompt-sets/${set.id}/prompts`, prompt);
    prompts.push(expectStatus(reply, 201) as Prompt);
  }
  return { set, prompts };
}

describe('prompts of conversations', () => {
  it('are every question with what came before it, rated or not, and lead back to its message', async () => {
    const ann = await consenting();
    const rated = await world.ask(ann.user.id, { question: 'Rated?', answers: ['yes'] });
    await world.thumb(ann.user.id, rated, 'up');
    const deep = await world.ask(ann.user.id, {
      question: 'And at night?',
      answers: ['no'],
      systemPrompt: 'Be brief.',
      before: ['By day?', 'Yes.'],
    });
    const dataset = await freeze({ name: 'asked', ...whole, ...of(ann) });
    expect(dataset.counts).toMatchObject({ prompt: { train: 3, held_out: 0 }, kto: { train: 0 } });
    const system = { role: 'system', content: 'Be brief.' };
    const items = await listItems(dataset);
    const found = new Map(items.map((item) => [item.origins[0]?.id, item]));
    expect(found.get(rated.questionId)?.row.prompt).toEqual([asks('Rated?')]);
    expect(found.get(deep.questionId)).toMatchObject({
      row: { prompt: [system, asks('By day?'), answers('Yes.'), asks('And at night?')], events: [] },
      origins: [{ type: 'message', conversationId: deep.conversationId, userId: ann.user.id }],
    });
    expect(items.map(({ row }) => row.prompt)).toContainEqual([system, asks('By day?')]);
  });

  it('need the consent of the conversation, or else of its owner, and leave out what was excluded', async () => {
    const [yes, no] = [await consenting(), await consenting(false)];
    const ask = (person: Person, question: string) =>
      world.ask(person.user.id, { question, answers: ['an answer'] });
    await ask(yes, 'Allowed by the account?');
    const withheld = await ask(yes, 'Withheld here?');
    const allowed = await ask(no, 'Allowed here alone?');
    await ask(no, 'Not allowed?');
    const excluded = await ask(yes, 'Excluded?');
    const consent = 'UPDATE conversations SET training_consent = $2 WHERE id = $1';
    await db.query(consent, [withheld.conversationId, false]);
    await db.query(consent, [allowed.conversationId, true]);
    const event = await world.thumb(yes.user.id, excluded, 'down');
    await db.query('UPDATE current_feedback SET is_excluded = true WHERE event_id = $1', [event]);
    const recipe = {
      filter: { raterIds: [yes.user.id, no.user.id] },
      prompts: { conversations: true },
    };
    expect(await promptsOf(await freeze({ name: 'allowed', ...whole, ...recipe }))).toEqual([
      [asks('Allowed by the account?')],
      [asks('Allowed here alone?')],
    ]);
  });

  it('are split by prompt and by person, and go with the person', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => consenting()));
    for (const [at, { user }] of people.entries())
      for (const count of [1, 2, 3])
        await world.ask(user.id, { question: `Question ${count} of ${at}?`, answers: ['yes'] });
    const dataset = await freeze({
      name: 'split',
      includeFeedback: false,
      filter: { raterIds: people.map(({ user }) => user.id) },
      prompts: { conversations: true },
      splitSettings: { heldOutFraction: 0.25, seed: 1 },
    });
    expect(dataset.report.split).toMatchObject({ rule: 'prompt_and_person', people: 12, leftOut: 0 });
    const ownersOf = async (split: string) =>
      new Set(
        (await listItems(dataset, split)).flatMap(({ origins }) =>
          origins.map((origin) => (origin.type === 'message' ? origin.userId : '')),
        ),
      );
    const [train, heldOut] = [await ownersOf('train'), await ownersOf('held_out')];
    expect(heldOut.size).toBeGreaterThan(0);
    expect([...heldOut].filter((id) => train.has(id))).toEqual([]);
    const [gone = ''] = heldOut;
    const before = dataset.counts.prompt.held_out;
    expectStatus(await admin.client.delete(`/api/users/${gone}`), 204);
    expect(await listItems(dataset, 'held_out')).toHaveLength(before - 3);
  });
});

describe('prompts of sets', () => {
  it('come without their checks, lead back to the set, and differ between versions by what they ask', async () => {
    const { set, prompts } = await makeSet('Do whales sleep?', 'Do whales sing?');
    const recipe = { name: 'from sets', ...whole, prompts: { setIds: [set.id] } };
    const first = await freeze(recipe);
    const items = await listItems(first);
    expect(items.map(({ row: { id: _, ...row } }) => row)).toEqual(
      prompts.map(({ id, messages }) => ({ events: [], sources: [id], prompt: messages })),
    );
    expect(items[0]?.origins).toEqual([
      { type: 'prompt_set', id: prompts[0]?.id, setId: set.id, setName: 'Whales' },
    ]);
    expectStatus(await admin.client.delete(`/api/prompts/${prompts[0]?.id}`), 204);
    const second = await freeze(recipe);
    expect([second.version, second.counts.prompt.train]).toEqual([2, 1]);
    const diff = await admin.client.get(`/api/datasets/${first.id}/diff/${second.id}`);
    expect(datasetDiffSchema.parse(expectStatus(diff, 200))).toMatchObject({
      added: {},
      removed: { prompt: 1 },
      kept: { prompt: 1 },
    });
    expect((await listItems(first))[0]?.origins).toEqual([]);
  });

  it('merge with what people asked, and are shown before they are frozen', async () => {
    const ann = await consenting();
    const asked = await world.ask(ann.user.id, { question: 'Do whales sleep?', answers: ['yes'] });
    const { set, prompts } = await makeSet('Do whales sleep?');
    const body = {
      ...whole,
      filter: { raterIds: [ann.user.id] },
      prompts: { conversations: true, setIds: [set.id] },
    };
    const seen = datasetPreviewSchema.parse(
      expectStatus(await admin.client.post('/api/datasets/preview', body), 200),
    );
    expect(seen).toMatchObject({ counts: { prompt: { train: 1 } }, report: { merged: 1 } });
    expect(seen.examples.map(({ kind }) => kind)).toEqual(['prompt']);
    const [item] = await listItems(await freeze({ name: 'merged', ...body }));
    expect(item?.row.sources).toEqual([asked.questionId, prompts[0]?.id]);
  });

  it('do not come of a set that is not there', async () => {
    const reply = await admin.client.post('/api/datasets', {
      name: 'nothing',
      ...whole,
      prompts: { setIds: ['00000000-0000-4000-8000-000000000000'] },
    });
    expect([reply.status, (reply.body as { code: string }).code]).toEqual([404, 'RESOURCE_NOT_FOUND']);
  });
});

describe('a file of prompts', () => {
  it.each(['trl-conversational', 'trl-plain', 'csv'])('goes out and comes in as %s', async (format) => {
    const { set } = await makeSet('Do whales sleep?', 'Do whales, or fish, sing?');
    const first = await freeze({ name: `out ${format}`, ...whole, prompts: { setIds: [set.id] } });
    const file = await admin.client.get(`/api/datasets/${first.id}/download?kind=prompt&format=${format}`);
    const query = new URLSearchParams({
      name: `in ${format}`,
      fileName: 'file',
      format,
      heldOutFraction: '0',
    });
    const reply = await admin.client.sendFile(`/api/datasets/upload?${query.toString()}`, String(file.body));
    const second = datasetSchema.parse(expectStatus(reply, 201));
    expect(second.counts.prompt.train).toBe(2);
    const texts = (prompts: unknown[]) =>
      prompts.map((prompt) => (typeof prompt === 'string' ? [asks(prompt)] : prompt));
    expect(texts(await promptsOf(second)).sort(byText)).toEqual(await promptsOf(first));
  });

  it('has no place among trees of answers', async () => {
    const { set } = await makeSet('Do whales sleep?');
    const { id } = await freeze({ name: 'trees', ...whole, prompts: { setIds: [set.id] } });
    const reply = await admin.client.get(`/api/datasets/${id}/download?kind=prompt&format=oasst`);
    expect([reply.status, (reply.body as { code: string }).code]).toEqual([422, 'DATASET_FORMAT_UNFIT']);
  });
});
