/** From a trained version to the one that answers, and back, with the mouse. */
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { setUpAdmin } from '../support/api-client.js';
import { launchBrowser, signedIn, watchFaults } from '../support/browser.js';
import { startServer, type RunningServer } from '../support/programs.js';
import { plantedPairs } from '../support/training-folder.js';
import { TrainingStack } from '../support/training-stack.js';

let stack: TrainingStack;
let server: RunningServer;
let browser: Browser;
let page: Page;
let faults: string[];

beforeAll(async () => {
  [stack, browser] = await Promise.all([TrainingStack.create(), launchBrowser()]);
  server = await startServer(stack.services);
  const { client } = await setUpAdmin(server.url, stack.services.databaseUrl);
  const datasetId = await stack.addDataset({
    kind: 'preference',
    train: plantedPairs(32),
    heldOut: plantedPairs(44).slice(32),
  });
  const runId = await stack.addRun({ kind: 'dpo', batchSize: 4, learningRate: 1e-3 }, datasetId);
  stack.startWorker();
  await stack.untilState(runId, 'succeeded');
  page = await (await signedIn(browser, client)).newPage();
  faults = watchFaults(page);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  await stack[Symbol.asyncDispose]();
});

const card = (name: string) => page.getByRole('listitem', { name, exact: true });

describe('the versions page', () => {
  it('has a version judged, and says what was found', async () => {
    await page.goto('/');
    await page.getByRole('button', { name: 'Learning', exact: true }).click();
    await page.getByRole('link', { name: 'Versions' }).click();
    await card('tiny-dpo').getByText('Not evaluated against what is live.').waitFor();
    expect(await card('tiny-dpo').getByLabel('Regression', { exact: true }).isChecked()).toBe(true);
    await card('tiny-dpo').getByRole('button', { name: 'Evaluate' }).click();
    await card('tiny-dpo').getByText('Better on held-out feedback.').waitFor({ timeout: 120_000 });
    await card('tiny-dpo').getByText('100% (12 of 12)').waitFor();
    await card('tiny-dpo').getByText('Judged on held-out feedback').click();
    await card('tiny-dpo')
      .getByText(/Trainer and server differ by/)
      .waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
  });

  it('tries a version out on a share of new conversations, and withdraws it', async () => {
    await card('tiny-dpo').getByLabel('Share of new conversations, %').fill('25');
    await card('tiny-dpo').getByRole('button', { name: 'Try out' }).click();
    await card('tiny-dpo').getByText('On trial: answers 25% of the conversations').waitFor();
    await card('tiny-dpo').getByText('tiny: 0 answers; no thumbs yet').waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
    await card('tiny-dpo').getByRole('button', { name: 'Withdraw' }).click();
    await card('tiny-dpo').getByRole('button', { name: 'Try out' }).waitFor();
  });

  it('lets a person stay on a version, and follow what is live again', async () => {
    const openMenu = async () =>
      page
        .getByRole('button', { name: /^Model:/ })
        .first()
        .click();
    await page.goto('/');
    await openMenu();
    await page.getByRole('menuitem', { name: 'Stay on tiny, whatever goes live' }).click();
    await page.reload();
    await openMenu();
    await page.getByRole('menuitem', { name: 'Stay on tiny no more' }).click();
    await openMenu();
    await page.getByRole('menuitem', { name: 'Stay on tiny, whatever goes live' }).waitFor();
    await page.goto('/admin/versions');
  });

  it('puts it live, and rolls back with one click', async () => {
    await card('tiny-dpo').getByRole('button', { name: 'Put live', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Put live' }).click();
    await card('tiny-dpo').getByText('live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Roll back to tiny' }).click();
    await card('tiny').getByText('live', { exact: true }).waitFor();
    await page.getByText('brought back').waitFor();
  });

  it('takes a reason where nothing proves the version better', async () => {
    await stack.db.query(`DELETE FROM evaluations`);
    await page.reload();
    await card('tiny-dpo').getByRole('button', { name: 'Put live anyway…' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('People asked for it on Monday.');
    await page.getByRole('dialog').getByRole('button', { name: 'Put live' }).click();
    await page.getByText('People asked for it on Monday.').waitFor();
    await page.getByText('put live by force').waitFor();
  });

  it('draws where a version comes from, by the keyboard as well, and hands out its model card', async () => {
    await card('tiny-dpo').getByRole('link', { name: 'Lineage and model card' }).click();
    const graph = page.getByRole('group', { name: 'Where it comes from' });
    await graph.getByRole('link', { name: /^Put live by force: / }).waitFor();
    for (const width of [1100, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await graph.getByRole('link', { name: /^Version: tiny-dpo/ }).waitFor();
      expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
    }
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Model card' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('tiny-dpo.md');
    await graph.getByRole('link', { name: /^Base: tiny/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'tiny', exact: true }).waitFor();
    await page.getByText('It has learnt from no feedback.').waitFor();
    expect(faults).toEqual([]);
  });
});
