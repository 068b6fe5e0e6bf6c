/** Two answers without names, in two real browsers: what crosses the wire, what is on the page, and the vote by key. */
import { randomUUID } from 'node:crypto';
import { AxeBuilder } from '@axe-core/playwright';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { conversationSchema, conversationTreeSchema } from '../../common/contracts/conversations.js';
import { modelListSchema } from '../../common/contracts/models.js';
import { expectStatus, invite, setUpAdmin, type Person } from '../support/api-client.js';
import { launchBrowser, signedIn, untilStill, watchFaults } from '../support/browser.js';
import { startStack, untilModelIsHere, type Stack } from '../support/stack.js';

let stack: Stack;
let browsers: [Browser, Browser];
let admin: Person;
let ben: Person;
let liveId: string;
let challengerId: string;
const faults: string[] = [];

beforeAll(async () => {
  const [started, first, second] = await Promise.all([
    startStack({ model: 'tiny' }),
    launchBrowser(),
    launchBrowser(),
  ]);
  stack = started;
  browsers = [first, second];
  admin = await setUpAdmin(stack.url, stack.databaseUrl);
  await untilModelIsHere(admin.client);
  ben = await invite(admin, 'user');
  expectStatus(await ben.client.patch('/api/me', { trainingConsent: true }), 200);
  const { versions } = modelListSchema.parse((await admin.client.get('/api/models')).body);
  liveId = versions[0]?.id ?? '';
  challengerId = await addVersion(liveId);
});
afterAll(async () => {
  await Promise.all(browsers.map((browser) => browser.close()));
  await stack[Symbol.asyncDispose]();
  expect(faults).toEqual([]);
});

/** The same weights under another name: for a comparison of two versions. */
async function addVersion(versionId: string): Promise<string> {
  const id = randomUUID();
  const db = new Client({ connectionString: stack.databaseUrl });
  await db.connect();
  await db.query('UPDATE model_versions SET is_live = true WHERE id = $1', [versionId]);
  await db.query(
    `INSERT INTO model_versions (id, model_id, name) SELECT $1, model_id, 'challenger' FROM model_versions WHERE id = $2`,
    [id, versionId],
  );
  await db.end();
  return id;
}

async function openPage(
  browser: Browser,
  person: Person,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const page = await (await signedIn(browser, person.client, options)).newPage();
  const ofPage = watchFaults(page);
  page.on('close', () => faults.push(...ofPage));
  return page;
}
async function newConversation(person: Person, maxTokens: number): Promise<string> {
  const body = { parameters: { modelVersionId: null, sampling: { maxTokens, temperature: 1 } } };
  return conversationSchema.parse(expectStatus(await person.client.post('/api/conversations', body), 201)).id;
}
async function ask(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Compare two answers' }).first().click();
  await side(page, 'Left').waitFor();
}
const comparison = (page: Page) => page.getByRole('region', { name: 'Two answers to compare' });
const side = (page: Page, name: 'Left' | 'Right') => page.getByRole('article', { name: `${name} answer` });
const textOf = async (page: Page, name: 'Left' | 'Right') =>
  (await side(page, name).locator('.prose').textContent({ timeout: 30_000 })) ?? '';
async function untilBothAreDone(page: Page): Promise<void> {
  for (const name of ['Left', 'Right'] as const)
    await side(page, name).and(page.locator('[aria-busy=false]')).waitFor({ timeout: 90_000 });
}

/** Once both have begun: an answer that was stopped before that was never given, and cannot be judged. */
async function stop(page: Page): Promise<void> {
  for (const name of ['Left', 'Right'] as const) await side(page, name).locator('.prose').waitFor();
  await page.keyboard.press('Escape');
  await untilBothAreDone(page);
}

/** All that a page is told about conversations: frames of the socket, and bodies of the routes that tell of messages. */
function recordWire(page: Page): { told: () => Promise<string[]> } {
  const frames: string[] = [];
  const bodies: Promise<string>[] = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))));
  page.on('response', (response) => {
    if (/\/api\/(conversations|messages|comparisons|me\/feedback)/.test(response.url()))
      bodies.push(response.text().catch(() => ''));
  });
  return { told: async () => [...frames, ...(await Promise.all(bodies))] };
}
const telltales = () =>
  new RegExp([liveId, challengerId, 'tokensPerSecond', 'modelName', 'promptTokens', '"seed":\\d'].join('|'));

describe('a comparison', () => {
  it('knows no names on the wire or on the page, outlives a reload, and is decided in both browsers by one key', async () => {
    const settings = { share: 0, candidates: { type: 'challenger', versionId: challengerId } };
    expectStatus(await admin.client.send('PUT', '/api/comparisons/settings', settings), 200);
    const id = await newConversation(ben, 600);
    const [page, other] = await Promise.all(browsers.map((browser) => openPage(browser, ben)));
    if (!page || !other) throw new Error('two pages');
    const wires = [recordWire(page), recordWire(other)];
    await Promise.all([page.goto(`/c/${id}`), other.goto(`/c/${id}`)]);
    await other.getByLabel('Message', { exact: true }).waitFor();
    await ask(page, 'Which one is it?');
    for (const at of [page, other]) await side(at, 'Left').locator('.prose').waitFor();
    await page.reload();
    await comparison(page).waitFor();
    await Promise.all([untilBothAreDone(page), untilBothAreDone(other)]);

    const shown = [await textOf(page, 'Left'), await textOf(page, 'Right')];
    expect([await textOf(other, 'Left'), await textOf(other, 'Right')]).toEqual(shown);
    for (const wire of wires) {
      const told = await wire.told();
      expect(told.some((text) => text.includes('generation.event'))).toBe(true);
      for (const text of told) expect(text).not.toMatch(telltales());
    }
    for (const at of [page, other]) {
      const html = await comparison(at).innerHTML();
      expect(html).not.toMatch(telltales());
      expect(html).not.toMatch(/challenger|tokens\/s|seed/i);
    }

    await page.keyboard.press('2');
    for (const at of [page, other]) {
      await at.getByText(/Left was .*, right was .*\./).waitFor();
      await comparison(at).waitFor({ state: 'detached' });
    }
    await page.getByText('You chose the right one: 1 preference pair, in the next dataset').waitFor();
    const chosen = page.getByRole('article', { name: 'Answer', exact: true }).last();
    expect(await chosen.locator('.prose').textContent()).toBe(shown[1]);
    await chosen.getByText('2 / 2').waitFor();
    const tree = conversationTreeSchema.parse((await ben.client.get(`/api/conversations/${id}`)).body);
    expect(tree.leafId).toBe(tree.comparisons[0]?.rightId);
    await page.getByLabel('Message', { exact: true }).fill('And then?');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('article', { name: 'You' }).getByText('And then?').waitFor();
    await Promise.all([page.context().close(), other.context().close()]);
  });

  it('begins a conversation as well', async () => {
    const page = await openPage(browsers[0], ben);
    await page.goto('/');
    await ask(page, 'Compare from the start.');
    await page.waitForURL(/\/c\//);
    await stop(page);
    await page.keyboard.press('0');
    await page.getByText('You found both equally good: Recorded').waitFor();
    await page.context().close();
  });

  it('takes a vote only when both are finished, with reasons and criteria', async () => {
    const id = await newConversation(ben, 30_000);
    const page = await openPage(browsers[0], ben);
    await page.goto(`/c/${id}`);
    await ask(page, 'Go on for long.');
    const bar = page.getByRole('group', { name: 'Which one is better?' });
    expect(await bar.getByRole('button', { name: 'Left' }).isDisabled()).toBe(true);
    await stop(page);
    await bar.getByRole('button', { name: 'Say why' }).click();
    const clearer = page.getByRole('button', { name: 'Clearer' });
    // The transcript follows its end, which the reasons have moved.
    await untilStill(clearer);
    await clearer.click();
    await page.getByRole('group', { name: 'Truthful' }).getByRole('button', { name: 'Right' }).click();
    await page.keyboard.press('x');
    await page.getByText('You found both bad: 2 labelled answers, in the next dataset').waitFor();
    const [event] = (await ben.client.get(`/api/conversations/${id}/feedback`)).body as {
      payload: unknown;
    }[];
    expect(event?.payload).toMatchObject({
      outcome: 'both_bad',
      tags: ['clearer'],
      criteria: { truthful: 'right' },
    });
    await page.context().close();
  });

  it('is asked for below an earlier message, stands one above the other on a phone, and can be skipped', async () => {
    const id = await newConversation(ben, 12);
    const page = await openPage(browsers[1], ben, { viewport: { width: 360, height: 740 } });
    await page.goto(`/c/${id}`);
    await page.getByLabel('Message', { exact: true }).fill('A question.');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('button', { name: 'Good answer' }).waitFor();
    const mine = page.getByRole('article', { name: 'You' });
    await mine.hover();
    await mine.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Compare two answers' }).click();
    await untilBothAreDone(page);
    const [left, right] = await Promise.all([
      side(page, 'Left').boundingBox(),
      side(page, 'Right').boundingBox(),
    ]);
    expect(right?.y).toBeGreaterThan((left?.y ?? 0) + (left?.height ?? 0) - 1);
    expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id: rule, nodes }) => [rule, nodes.map(({ html }) => html)])).toEqual([]);
    await page.getByRole('button', { name: 'Skip' }).click();
    await page.getByText(/Left was .*, right was .*\./).waitFor();
    expect((await ben.client.get(`/api/conversations/${id}/feedback`)).body).toEqual([]);
    await page.context().close();
  });
});
