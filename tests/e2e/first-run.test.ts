/** From an empty installation to the first answer, as its first person meets it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { createDataSource } from '../../common/database/data-source.js';
import { getOrCreateSetupCode } from '../../common/database/setup-code.js';
import { launchBrowser, watchFaults } from '../support/browser.js';
import { registerTestModel } from '../support/generations.js';
import { startStack, type Stack } from '../support/stack.js';

let stack: Stack;
let browser: Browser;
let page: Page;
let faults: string[];

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack(), launchBrowser()]);
  page = await (await browser.newContext({ baseURL: stack.url })).newPage();
  faults = watchFaults(page);
});
afterAll(async () => {
  await browser.close();
  await stack[Symbol.asyncDispose]();
});

async function setupCode(): Promise<string> {
  const db = await createDataSource(stack.databaseUrl, { poolSize: 1 }).initialize();
  const code = await getOrCreateSetupCode(db);
  await db.destroy();
  return code ?? '';
}

/** As when somebody has removed its file by hand. */
async function makeMissingFileDefault(): Promise<void> {
  const db = await createDataSource(stack.databaseUrl, { poolSize: 1 }).initialize();
  await db.query('UPDATE models SET is_default = false');
  await registerTestModel(db, '/nowhere/lost.gguf', { name: 'Lost' });
  await db.destroy();
  await expect.poll(async () => (await fetch(`${stack.url}/ready`)).status, { timeout: 30_000 }).toBe(503);
}

describe('the first run', () => {
  it('leads to the set-up page and refuses a wrong code', async () => {
    await page.goto('/');
    await page.waitForURL('**/setup');
    await page.getByLabel('Set-up code').fill('not-the-code');
    await page.getByLabel('Name').fill('Ada Lovelace');
    await page.getByLabel('Email').fill('ada@example.org');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect.poll(() => page.getByRole('alert').textContent()).toMatch(/code/i);
  });

  it('makes the first account with the printed code and says which model is on its way', async () => {
    await page.getByLabel('Set-up code').fill(await setupCode());
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('heading', { name: 'never is on its way' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/');
  });

  it('says that there is no model once that one is not wanted', async () => {
    await page.getByRole('status').getByRole('link', { name: 'Models' }).click();
    await page
      .getByRole('listitem')
      .filter({ hasText: 'never' })
      .getByRole('button', { name: 'Cancel' })
      .click();
    await page.getByText('None yet. Choose one below.').waitFor();
    await page.getByRole('link', { name: 'New chat' }).click();
    await page.getByRole('heading', { name: 'No model yet' }).waitFor();
  });

  it('fetches a model from a local file and makes it the default', async () => {
    await page.getByRole('link', { name: 'Choose a model' }).click();
    await page.getByLabel('Source').fill(`file:${stack.modelPath}`);
    await page.getByLabel('Name', { exact: true }).fill('Tiny');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const row = page.getByRole('listitem').filter({ hasText: 'Tiny' }).filter({ hasText: 'default' });
    await row.waitFor({ timeout: 30_000 });
  });

  it('answers the first message', async () => {
    await page.getByRole('link', { name: 'New chat' }).click();
    await page.getByLabel('Message').fill('Hello there');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.waitForURL('**/c/*');
    await page.getByRole('article', { name: 'You' }).getByText('Hello there').waitFor();
    await page.getByText(/tokens\/s/).waitFor({ timeout: 60_000 });
    expect(await page.getByRole('article', { name: 'Answer' }).textContent()).not.toBe('');
  });

  it('says why, when the default model cannot be loaded, and where to choose another one', async () => {
    await makeMissingFileDefault();
    await page.goto('/');
    const notice = page.getByRole('status').filter({ hasText: 'The model cannot be loaded' });
    await notice.getByText('There is no readable file').waitFor({ timeout: 30_000 });
    await notice.getByRole('link', { name: 'Models' }).click();
    const row = (name: string) => page.getByRole('listitem').filter({ hasText: name });
    await row('Lost').getByText('There is no readable file').waitFor();
    await row('Tiny').getByRole('button', { name: 'Make default' }).click();
    await row('Tiny').getByText('default').waitFor();
    await page.getByRole('link', { name: 'New chat' }).click();
    await notice.waitFor({ state: 'detached', timeout: 30_000 });
  });

  it('signs out and in again', async () => {
    await page.goto('/account');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/login**');
    await page.getByLabel('Email').fill('ada@example.org');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: /What shall we think about, Ada/ }).waitFor();
    expect(faults).toEqual([]);
  });
});
