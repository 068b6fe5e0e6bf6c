/** Sets of prompts in a real browser: looking into one, making one with checks, files in and refused, in both languages and on a phone. */
import { readFile } from 'node:fs/promises';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { invite, setUpAdmin, type Person } from '../support/api-client.js';
import { launchBrowser, signedIn, watchFaults } from '../support/browser.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let browser: Browser;
let admin: Person;
let page: Page;
let faults: string[];

beforeAll(async () => {
  [server, browser] = await Promise.all([startServerInProcess(), launchBrowser()]);
  admin = await setUpAdmin(server.url, server.databaseUrl);
  page = await (await signedIn(browser, admin.client)).newPage();
  faults = watchFaults(page);
});
afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

const expectAccessible = async (on = page) => {
  const { violations } = await new AxeBuilder({ page: on }).analyze();
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
};
const dialog = () => page.getByRole('dialog');
const fileOf = (lines: readonly string[]) => ({
  name: 'prompts.jsonl',
  mimeType: 'application/x-ndjson',
  buffer: Buffer.from(lines.join('\n')),
});
const importFile = async (name: string, lines: readonly string[]) => {
  const form = page.locator('section', { has: page.getByRole('heading', { name: 'From a file' }) });
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('File').setInputFiles(fileOf(lines));
  await form.getByRole('button', { name: 'Import' }).click();
};

describe('the page of prompts', () => {
  it('shows the sets that come with Attune, and what their answers have to keep', async () => {
    await page.goto('/');
    await page.getByRole('button', { name: 'Learning', exact: true }).click();
    await page.getByRole('link', { name: 'Prompts' }).click();
    await page.getByRole('link', { name: 'Open Regression' }).click();
    await page.getByText('What is the capital of France?').waitFor();
    await page.getByText('says “Paris”').waitFor();
    await page.getByText('1 to 20', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Later' }).click();
    await page.getByText('21 to 30', { exact: true }).waitFor();
    await page.getByText('说出三种水果。').waitFor();
    await expectAccessible();
  });

  it('makes a set, writes a prompt with a check, and changes it', async () => {
    await page.goto('/admin/prompts');
    const form = page.locator('section', { has: page.getByRole('heading', { name: 'New set' }) });
    await form.getByLabel('Name').fill('Whales');
    await form.getByLabel('Purpose').selectOption('Training');
    await form.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('button', { name: 'Add a prompt' }).click();
    await dialog().getByLabel('Message 1').fill('Do whales sleep?');
    await dialog().getByRole('button', { name: 'Add a check' }).click();
    await dialog().getByText('a length needs a lower or an upper bound').waitFor();
    await expectAccessible();
    await dialog().getByLabel('At most').fill('20');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await page.getByText('at most 20 words').waitFor();
    await page.getByRole('button', { name: 'Edit: Prompt 1' }).click();
    await dialog().getByLabel('Rule', { exact: true }).selectOption('Contains');
    await dialog().getByLabel('Texts').fill('half a brain\nbreathe');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await page.getByText('says “half a brain” and “breathe”').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Export as JSONL' }).click(),
    ]);
    expect(JSON.parse(await readFile(await download.path(), 'utf8'))).toMatchObject({
      prompt: [{ role: 'user', content: 'Do whales sleep?' }],
      checks: [{ kind: 'contains', texts: ['half a brain', 'breathe'] }],
    });
  });

  it('takes a file whole, or tells each line that is not in order', async () => {
    await page.goto('/admin/prompts');
    await importFile('Broken', [
      '{"prompt": "Do whales sing?"}',
      '{"prompt": "Hi", "checks": [{"kind": "polite"}]}',
    ]);
    await page.getByText('1 line of prompts.jsonl cannot be used; nothing was taken:').waitFor();
    await page.getByText(/^line 2: checks\.0/).waitFor();
    expect(await page.getByRole('link', { name: 'Open Broken' }).count()).toBe(0);
    await importFile('Songs', ['{"prompt": "Do whales sing?"}']);
    await page.getByRole('link', { name: 'Open Songs' }).waitFor();
  });

  it('fits a phone in the dark, in Chinese', async () => {
    const reader = await invite(admin, 'admin');
    await reader.client.patch('/api/me', { locale: 'zh' });
    const phone = await signedIn(browser, reader.client, {
      viewport: { width: 360, height: 740 },
      colorScheme: 'dark',
    });
    const small = await phone.newPage();
    const width = () => small.evaluate<number>('document.documentElement.scrollWidth');
    await small.goto('/admin/prompts');
    await small.getByRole('heading', { name: '提示集', level: 1 }).waitFor();
    expect(await width()).toBeLessThanOrEqual(360);
    await small.getByRole('link', { name: '打开安全' }).click();
    await small.getByText('不拒绝').first().waitFor();
    expect(await width()).toBeLessThanOrEqual(360);
    await expectAccessible(small);
    await phone.close();
    expect(faults).toEqual([]);
  });
});
