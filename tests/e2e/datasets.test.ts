/** From collected feedback to a frozen dataset, in a real browser. */
import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { invite, setUpAdmin, type Person } from '../support/api-client.js';
import { launchBrowser, signedIn, watchFaults } from '../support/browser.js';
import { JudgedAnswers } from '../support/judged-answers.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let browser: Browser;
let admin: Person;
let context: BrowserContext;
let page: Page;
let faults: string[];

beforeAll(async () => {
  [server, browser] = await Promise.all([startServerInProcess(), launchBrowser()]);
  admin = await setUpAdmin(server.url, server.databaseUrl);
  const ann = await invite(admin, 'user');
  await ann.client.patch('/api/me', { trainingConsent: true });
  const world = new JudgedAnswers(server);
  const id = ann.user.id;
  for (let index = 0; index < 14; index++)
    await world.vote(
      id,
      await world.ask(id, { question: `Why ${index}?`, answers: [`Because of ${index}.`, 'No idea.'] }),
      'left',
    );
  await world.thumb(id, await world.ask(id, { question: 'And now?', answers: ['Wait.'] }), 'up');
  context = await signedIn(browser, admin.client, { acceptDownloads: true });
});
afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  page = await context.newPage();
  faults = watchFaults(page);
  await page.goto('/admin/datasets');
  return async () => {
    await page.close();
    expect(faults).toEqual([]);
  };
});

const freezing = () => page.locator('#freeze');
const accessibilityFaults = async () => {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
};

async function freeze(name: string): Promise<void> {
  await freezing().getByLabel('Name').fill(name);
  await freezing().getByRole('button', { name: 'Freeze', exact: true }).click();
  await page.getByText(`${name}, version`).first().waitFor();
}

describe('the page of datasets', () => {
  it('shows what a selection gives, freezes it, and makes its next version', async () => {
    await freezing().getByRole('button', { name: 'Comparisons' }).click();
    await freezing().getByRole('button', { name: 'Preview' }).click();
    const counts = freezing().getByRole('table', { name: 'Rows by kind and part' });
    await expect.poll(() => counts.getByRole('row').allInnerTexts()).toHaveLength(2);
    expect(await counts.getByRole('row', { name: /Preferences/ }).innerText()).toMatch(/12\s+2$/);
    await freezing().getByText('Because of').first().waitFor();
    expect(await accessibilityFaults()).toEqual([]);

    await freeze('Choices');
    await page.getByRole('button', { name: 'New version: Choices 1' }).click();
    expect(await freezing().getByLabel('Name').inputValue()).toBe('Choices');
    await freezing().getByRole('button', { name: 'Thumbs' }).click();
    await freezing().getByRole('button', { name: 'Freeze', exact: true }).click();
    await page.getByRole('link', { name: 'Open Choices, version 2' }).click();
    await page.getByRole('heading', { name: 'Choices', level: 1 }).waitFor();
    await page.getByLabel('Compare with').selectOption({ label: 'Choices, version 1' });
    await page.getByText('1 Thumbs', { exact: true }).waitFor();
    await page.getByText('14 Preferences').waitFor();
  });

  it('opens a dataset: its rows, where each comes from, its files, and its end', async () => {
    await freeze('Everything');
    await page.getByRole('link', { name: 'Open Everything, version 1' }).click();
    await page.getByText('Why').first().waitFor();
    await page
      .getByText(/^Comparisons, /)
      .first()
      .waitFor();
    expect(await page.locator('ol > li').count()).toBe(10);
    await page.getByRole('button', { name: 'Later' }).click();
    await page.getByText('11 to 12').waitFor();
    await page.getByRole('group', { name: 'Part' }).getByText('Held out').click();
    await expect.poll(() => page.locator('ol > li').count()).toBe(2);
    expect(await accessibilityFaults()).toEqual([]);

    await page.getByRole('button', { name: 'Download' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'Preferences: TRL, messages' }).click(),
    ]);
    const rows = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n');
    expect(rows).toHaveLength(14);
    expect(download.suggestedFilename()).toBe('Everything 1 preference trl-conversational.jsonl');

    await page.getByRole('button', { name: 'Delete dataset' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete dataset' }).click();
    await page.getByRole('heading', { name: 'Datasets', level: 1 }).waitFor();
    await expect.poll(() => page.getByRole('link', { name: /Open Everything/ }).count()).toBe(0);
  });

  it('takes a file, or says which of its lines are not in order', async () => {
    const upload = async (text: string) => {
      const form = page.locator('form').filter({ has: page.getByLabel('File') });
      await form.getByLabel('Name').fill('From elsewhere');
      await form.getByLabel('File').setInputFiles({
        name: 'rows.jsonl',
        mimeType: 'application/x-ndjson',
        buffer: Buffer.from(text),
      });
      await form.getByRole('button', { name: 'Upload' }).click();
    };
    const good = '{"prompt":"Q","completion":"A","label":true}\n';
    await upload(`${good}{"question":"Q"}\n`);
    await page.getByText('1 line of rows.jsonl cannot be used').waitFor();
    await page.getByText('line 2: no known columns').waitFor();
    await upload(good);
    await page.getByRole('link', { name: 'Open From elsewhere, version 1' }).waitFor();
    expect(await page.getByText('line 2:').count()).toBe(0);
  });

  it('takes the prompts of a set, without any feedback', async () => {
    await page.goto('/admin/datasets');
    const freeze = page.locator('#freeze');
    await freeze.getByRole('button', { name: 'Feedback', exact: true }).click();
    await freeze.getByRole('button', { name: 'Regression' }).click();
    await freeze.getByLabel('Name').fill('To answer');
    await freeze.getByRole('button', { name: 'Freeze' }).click();
    await page.getByRole('link', { name: 'Open To answer, version 1' }).click();
    const kinds = page.getByRole('group', { name: 'Kind', exact: true });
    await kinds.getByText('Prompts', { exact: true }).click();
    expect(await kinds.getByRole('radio', { name: 'Prompts' }).isChecked()).toBe(true);
    await page.getByRole('link', { name: 'Prompt set Regression' }).first().waitFor();
  });

  it('fits a phone in the dark, in Chinese', async () => {
    const reader = await invite(admin, 'admin');
    await reader.client.patch('/api/me', { locale: 'zh' });
    const phone = await signedIn(browser, reader.client, {
      viewport: { width: 360, height: 740 },
      colorScheme: 'dark',
    });
    const small = await phone.newPage();
    await small.goto('/admin/datasets');
    await small.getByRole('heading', { name: '数据集', level: 1 }).waitFor();
    await small.getByRole('button', { name: '预览' }).click();
    await small.getByText('按提示划分').waitFor();
    const width = await small.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(360);
    const { violations } = await new AxeBuilder({ page: small }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    await phone.close();
  });
});
