/** A training run as an admin makes and follows it: from an uploaded file to curves, samples and a new version. */
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import type { ModelList } from '../../common/contracts/models.js';
import { setUpAdmin, type ApiClient } from '../support/api-client.js';
import { launchBrowser, signedIn, watchFaults } from '../support/browser.js';
import { startStack, untilModelIsHere, type Stack } from '../support/stack.js';
import { plantedPairs } from '../support/training-folder.js';

let stack: Stack;
let browser: Browser;
let client: ApiClient;
let page: Page;
let faults: string[];

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack({ model: 'tiny', trains: true }), launchBrowser()]);
  ({ client } = await setUpAdmin(stack.url, stack.databaseUrl));
  await untilModelIsHere(client);
  await upload(plantedPairs(60));
  page = await (await signedIn(browser, client)).newPage();
  faults = watchFaults(page);
});
afterAll(async () => {
  await browser.close();
  await stack[Symbol.asyncDispose]();
});

async function upload(rows: readonly object[]): Promise<void> {
  const response = await fetch(
    `${stack.url}/api/datasets/upload?name=Yes&fileName=pairs.jsonl&format=trl-conversational`,
    {
      method: 'POST',
      headers: { cookie: client.cookie, origin: stack.url, 'content-type': 'application/octet-stream' },
      body: rows.map((row) => JSON.stringify(row)).join('\n'),
    },
  );
  expect([response.status, await response.text()]).toEqual([201, expect.any(String)]);
}

async function expectAccessible(): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
  ).toEqual([]);
}

const heading = (name: string | RegExp) => page.getByRole('heading', { name });

describe('training runs', () => {
  it('begin with a form that proposes what the data are good for', async () => {
    await page.goto('/admin/runs');
    await page.getByText('No run yet').waitFor();
    await page.getByRole('link', { name: 'New run' }).click();
    await page.getByLabel('Dataset').selectOption({ label: 'Yes v1' });
    await page.getByText(/choices$/).waitFor();
    expect(await page.getByLabel('Kind').inputValue()).toBe('dpo');
    expect(await page.getByLabel('Beta').inputValue()).toBe('0.1');
    await page.getByText('Advanced settings').click();
    await expectAccessible();
  });

  it('refuse a setting out of its range before anything is sent', async () => {
    await page.getByLabel('Batch size').fill('0');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('button', { name: 'Start run' }).isDisabled()).toBe(true);
    await page.getByLabel('Batch size').fill('4');
    await page.getByLabel(/^Learning rate\b(?! sched)/).fill('0.001');
    // Long enough to be met at work, and cancelled.
    await page.getByLabel('Epochs').fill('20');
    await page.getByLabel('Checkpoint every').fill('20');
  });

  it('tell what they will take, measured', async () => {
    await page.getByRole('button', { name: 'Estimate' }).click();
    const card = page.getByRole('region', { name: 'What it will take' });
    await card.waitFor({ timeout: 90_000 });
    expect(await card.textContent()).toMatch(/sec|min/);
    await expectAccessible();
  });

  it('show their steps and curves as they come, also after a reload, and end as a version', async () => {
    await page.getByLabel('Sample prompts').fill('Do whales sleep?');
    await page.getByRole('button', { name: 'Start run' }).click();
    await page.waitForURL(/\/admin\/runs\/[0-9a-f-]{36}$/);
    await page.getByText(/step [1-9]\d* of/).waitFor({ timeout: 90_000 });
    await page.reload();
    await page.locator('.u-wrap canvas').first().waitFor({ timeout: 60_000 });
    await page.getByText('succeeded', { exact: true }).waitFor({ timeout: 120_000 });
    await page.getByText('tiny-dpo').waitFor();
    await heading('Do whales sleep?').waitFor();
    await expectAccessible();
    const { versions } = (await client.get('/api/models')).body as ModelList;
    expect(versions.filter(({ isLive }) => isLive)).toHaveLength(1);
    expect(versions.find(({ name }) => name === 'tiny-dpo')).toMatchObject({
      hasAdapter: true,
      isLive: false,
    });
  });

  it('give their metrics as a file', async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Metrics as CSV' }).click(),
    ]);
    const stream = await download.createReadStream();
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text.split('\r\n')[0]).toMatch(/^step,time,.*loss/);
    expect(text.split('\r\n').length).toBeGreaterThan(50);
  });

  it('are run again, cancelled, resumed and deleted', async () => {
    const first = page.url();
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.waitForURL((url) => url.href !== first);
    await page.getByText(/step [1-9]\d* of/).waitFor({ timeout: 90_000 });
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('cancelled', { exact: true }).waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('succeeded', { exact: true }).waitFor({ timeout: 120_000 });
    await page.getByLabel('Lay over').selectOption({ index: 1 });
    await page
      .getByText(/· training/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.waitForURL('**/admin/runs');
    await expect.poll(() => page.locator('main li a[href^="/admin/runs/"]').count()).toBe(1);
    await expectAccessible();
    expect(faults).toEqual([]);
  });
});
