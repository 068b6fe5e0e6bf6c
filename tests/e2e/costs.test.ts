/** What things cost, as an admin sees it: figures, prices, the calculator, in both languages and on a phone. */
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { setUpAdmin, type ApiClient } from '../support/api-client.js';
import { launchBrowser, signedIn, watchFaults } from '../support/browser.js';
import { startServer, type RunningServer } from '../support/programs.js';
import { plantedPairs } from '../support/training-folder.js';
import { TrainingStack } from '../support/training-stack.js';

let stack: TrainingStack;
let server: RunningServer;
let browser: Browser;
let client: ApiClient;
let page: Page;
let faults: string[];
let runId: string;

/** An hour of answers that took 900 kJ, ten of them; and two acts of feedback of half an hour in all. */
async function addUses(): Promise<void> {
  await stack.db.query(
    `INSERT INTO compute_uses (session_id, day, kind, subject_id, user_id, count, computed_us, measured_us, energy_mj,
       prompt_tokens, completion_tokens)
     SELECT gen_random_uuid(), current_date - 1, 'answer', gen_random_uuid(), id, 10, 3.6e9, 3.6e9, 900e6, 1e6, 5e5 FROM users`,
  );
  await stack.db.query(
    `INSERT INTO use_days (day, kind, user_id, count, computed_us, measured_us, energy_mj, prompt_tokens, cached_tokens,
       completion_tokens, person_ms)
     SELECT current_date, 'label', id, 2, 0, 0, 0, 0, 0, 0, 1.8e6 FROM users`,
  );
}

beforeAll(async () => {
  [stack, browser] = await Promise.all([TrainingStack.create(), launchBrowser()]);
  server = await startServer(stack.services);
  ({ client } = await setUpAdmin(server.url, stack.services.databaseUrl));
  const datasetId = await stack.addDataset({ kind: 'preference', train: plantedPairs(16) });
  runId = await stack.addRun({ kind: 'dpo', batchSize: 4, maxSteps: 4 }, datasetId);
  stack.startWorker();
  await stack.untilState(runId, 'succeeded');
  await addUses();
  page = await (await signedIn(browser, client)).newPage();
  faults = watchFaults(page);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  await stack[Symbol.asyncDispose]();
});

const row = (name: string) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) });

describe('the page of costs', () => {
  it('adds up what was used at the prices that are set', async () => {
    await page.goto('/');
    await page.getByRole('button', { name: 'System', exact: true }).click();
    await page.getByRole('link', { name: 'Costs' }).click();
    await row('Answers in the chat')
      .getByText('250 Wh')
      .or(row('Answers in the chat').getByText('0.25 kWh'))
      .waitFor();
    await page.getByLabel('A kilowatt-hour').fill('0.4');
    await page.getByLabel('An hour of computing').fill('2');
    await page.getByLabel("An hour of a person's time").fill('30');
    await page.getByLabel('Hosted API, a million tokens in').fill('3');
    await page.getByLabel('Hosted API, a million tokens out').fill('10');
    await page.getByLabel('Assumed power, watts (empty: none)').fill('65');
    await page.getByRole('button', { name: 'Save' }).click();
    // 0.25 kWh at 0.4 and an hour at 2; half an hour of somebody at 30; 1 M tokens at 3 and 0.5 M at 10.
    await row('Answers in the chat').getByText('$2.10', { exact: true }).waitFor();
    await row('An answer').getByText('$0.21', { exact: true }).waitFor();
    await row('Feedback').getByText('$15.00', { exact: true }).waitFor();
    await page.getByText('$8.00', { exact: true }).waitFor();
    await row('admin').getByText('$17.10', { exact: true }).waitFor();
    await row('a run').getByText('*').waitFor();
  });

  it('reckons planned training by its formula', async () => {
    await page.getByLabel('N, billions').fill('1');
    await page.getByLabel('D, millions').fill('10');
    await page.getByText('Every weight', { exact: true }).click();
    await page.getByText('FLOPs = 6 · N · D', { exact: true }).waitFor();
    await page.getByText('6E16 FLOPs').waitFor();
    // 6E16 at 1E13 a second.
    await page.getByLabel('Speed, GFLOP/s').fill('10000');
    await page.getByText('1 hr 40 min').waitFor();
  });

  it('shows the cost of a run on its page, and can be used on a phone, in Chinese', async () => {
    await page.goto(`/admin/runs/${runId}`);
    await page.getByText(/^Cost: .* computing, /).waitFor();
    await client.send('PATCH', '/api/me', { locale: 'zh' });
    for (const [colorScheme, width] of [
      ['light', 1200],
      ['dark', 360],
    ] as const) {
      const context = await signedIn(browser, client, { colorScheme, viewport: { width, height: 800 } });
      const view = await context.newPage();
      await view.goto('/admin/costs');
      await view.getByRole('heading', { name: '成本', level: 1 }).waitFor();
      await view.getByRole('rowheader', { name: '聊天回答' }).waitFor();
      expect(await view.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      const { violations } = await new AxeBuilder({ page: view }).analyze();
      expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
      await context.close();
    }
    expect(faults).toEqual([]);
  });
});
