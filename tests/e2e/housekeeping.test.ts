/** What people keep in order besides chatting: keys, invitations, files in and out, models. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { setUpAdmin, testPassword, type ApiClient } from '../support/api-client.js';
import { launchBrowser, signedIn, watchFaults } from '../support/browser.js';
import { FileServer } from '../support/file-server.js';
import { startStack, untilModelIsHere, type Stack } from '../support/stack.js';
import { writeTinyModel } from '../support/tiny-model.js';

let stack: Stack;
let browser: Browser;
let client: ApiClient;
let admin: BrowserContext;
let folder: string;
let page: Page;
let faults: string[] = [];

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack({ model: 'tiny' }), launchBrowser()]);
  ({ client } = await setUpAdmin(stack.url, stack.databaseUrl));
  await untilModelIsHere(client);
  admin = await signedIn(browser, client);
  folder = await mkdtemp(path.join(tmpdir(), 'attune-housekeeping-'));
});
afterAll(async () => {
  await browser.close();
  await stack[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  page = await admin.newPage();
  faults = watchFaults(page);
  return async () => {
    await page.close();
    expect(faults).toEqual([]);
  };
});

const dialogButton = (name: string) => page.getByRole('dialog').getByRole('button', { name });
const secret = () => page.getByRole('status').locator('code').textContent();

describe('an API key', () => {
  it('is shown once, opens the API, and no longer when it is revoked', async () => {
    await page.goto('/account');
    await page.getByLabel('What is it for?').fill('my script');
    await page.getByRole('button', { name: 'Create key' }).click();
    const key = (await secret()) ?? '';
    const listModels = () => fetch(`${stack.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect((await listModels()).status).toBe(200);

    await page.reload();
    const row = page.getByRole('listitem').filter({ hasText: 'my script' });
    await row.getByText('last used').waitFor();
    expect(await page.getByText(key).count()).toBe(0);

    await row.getByRole('button', { name: 'Revoke' }).click();
    await dialogButton('Revoke').click();
    await page.getByText('No keys yet.').waitFor();
    expect((await listModels()).status).toBe(401);
  });
});

describe('an invitation', () => {
  it('lets one person in, whom the admin can lock out again', async () => {
    await page.goto('/admin/people');
    await page.getByRole('button', { name: 'Create link' }).click();
    const link = (await secret()) ?? '';

    const guest = await (await browser.newContext()).newPage();
    await guest.goto(link);
    await guest.getByLabel('Name').fill('Grace Hopper');
    await guest.getByLabel('Email').fill('grace@example.org');
    await guest.getByLabel('Password').fill(testPassword);
    await guest.getByRole('button', { name: 'Join' }).click();
    await guest.getByRole('heading', { name: /Grace/ }).waitFor();
    expect(await guest.getByRole('button', { name: 'System', exact: true }).count()).toBe(0);

    const second = await (await browser.newContext()).newPage();
    await second.goto(link);
    await second.getByLabel('Name').fill('Somebody Else');
    await second.getByLabel('Email').fill('else@example.org');
    await second.getByLabel('Password').fill(testPassword);
    await second.getByRole('button', { name: 'Join' }).click();
    await second.getByRole('alert').waitFor();
    await second.context().close();

    await page.reload();
    const grace = page.getByRole('listitem').filter({ hasText: 'Grace Hopper' });
    // A role that is refused is not shown as if it were hers.
    await page.route('**/api/users/*', (route) => route.abort());
    await grace.getByRole('combobox').selectOption('admin');
    await page.getByText('cannot be reached').waitFor();
    expect(await grace.getByRole('combobox').inputValue()).toBe('user');
    await page.unroute('**/api/users/*');
    await grace.getByRole('button', { name: 'Lock' }).click();
    await grace.getByText('locked').waitFor();
    await guest.reload();
    await guest.waitForURL('**/login**');
    await guest.context().close();
  });
});

describe('a conversation as a file', () => {
  it('goes out as JSON and comes in again, and a file of another kind is refused', async () => {
    await page.goto('/');
    await page.getByLabel('Message').fill('Keep this sentence.');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(/tokens\/s/).waitFor({ timeout: 60_000 });
    await page.locator('main > header').getByRole('button', { name: 'More actions' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'Export as JSON' }).click(),
    ]);
    const file = await readFile(await download.path());

    await page.goto('/account');
    const chosen = page.locator('input[type=file]');
    await chosen.setInputFiles({
      name: 'notes.json',
      mimeType: 'application/json',
      buffer: Buffer.from('no JSON'),
    });
    await page.getByText('That file is not JSON.').waitFor();
    await chosen.setInputFiles({
      name: download.suggestedFilename(),
      mimeType: 'application/json',
      buffer: file,
    });
    await page.getByText('Imported 1 conversation.').waitFor();
    await chosen.setInputFiles({
      name: 'talk.md',
      mimeType: 'text/markdown',
      buffer: Buffer.from('# From a document\n\n## User\n\nHello?\n\n## Assistant\n\nHello.\n'),
    });
    await page.getByRole('navigation').getByRole('link', { name: 'From a document' }).waitFor();
    const titles = page.getByRole('navigation').getByRole('link', { name: 'Keep this sentence.' });
    await expect.poll(() => titles.count(), { timeout: 10_000 }).toBe(2);
    await titles.first().click();
    await page.getByRole('article', { name: 'You' }).getByText('Keep this sentence.').waitFor();
  });
});

describe('a model on its way', () => {
  it('shows its progress, is cancelled, and goes on from there', async () => {
    await using origin = await FileServer.start();
    const file = path.join(folder, 'other.gguf');
    await writeTinyModel(file, { seed: 7 });
    origin.body = await readFile(file);
    origin.chunkDelayMs = 300;
    await page.goto('/admin/models');
    await page.getByLabel('Source').fill(`${origin.url}/slow.gguf`);
    await page.getByLabel('Name', { exact: true }).fill('Slow');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('progressbar', { name: 'Slow' }).waitFor();
    await expect

      .poll(() => page.getByRole('progressbar', { name: 'Slow' }).getAttribute('value'), { timeout: 15_000 })
      .not.toBe('0');
    const row = page.getByRole('listitem').filter({ hasText: 'Slow' });
    await row.getByRole('button', { name: 'Cancel' }).click();
    await row.getByText('Cancelled').waitFor();

    origin.chunkDelayMs = 0;
    await row.getByRole('button', { name: 'Resume' }).click();
    await row.getByRole('button', { name: 'Make default' }).waitFor({ timeout: 30_000 });
    expect(origin.requests.at(-1)?.headers.range).toMatch(/^bytes=[1-9]/);

    await row.getByRole('button', { name: 'Delete' }).click();
    await dialogButton('Delete').click();
    await row.waitFor({ state: 'detached' });
  });

  it('says what was wrong with it, and is taken off the list', async () => {
    await page.goto('/admin/models');
    await page.getByLabel('Source').fill('file:/nowhere/model.gguf');
    await page.getByLabel('Name', { exact: true }).fill('Nowhere');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const row = page.getByRole('listitem').filter({ hasText: 'Nowhere' });
    await row.getByText('There is no readable file').waitFor();
    await row.getByRole('button', { name: 'Remove' }).click();
    await row.waitFor({ state: 'detached' });
  });
});
