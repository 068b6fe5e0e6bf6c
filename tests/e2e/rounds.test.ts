/**
 * The circle, twice around, from its own page: feedback of a scripted rater, a plan, and two rounds of which the second starts from what
 * the first put live.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { repositoryRoot } from '../../common/config/repository.js';
import { setUpAdmin, type ApiClient } from '../support/api-client.js';
import { launchBrowser, signedIn, watchFaults } from '../support/browser.js';
import { answeredShare } from '../support/answered-share.js';
import { judgedQuestions, likes, rateAnswers, ratedQuestions } from '../support/closing-taste.js';
import { startStack, untilModelIsHere, type Stack } from '../support/stack.js';

const ownModel = path.join(repositoryRoot, 'models', 'attune-gpt.gguf');
/** A round freezes, trains for some ninety steps, and judges. */
const roundMs = 240_000;

let stack: Stack;
let browser: Browser;
let page: Page;
let client: ApiClient;
let faults: string[];
let before = 0;

beforeAll(async () => {
  if (!existsSync(ownModel)) throw new Error(`${ownModel} is missing; npm run models:build makes it.`);
  [stack, browser] = await Promise.all([
    startStack({ model: `file:${ownModel}`, trains: true }),
    launchBrowser(),
  ]);
  ({ client } = await setUpAdmin(stack.url, stack.databaseUrl));
  await client.patch('/api/me', { trainingConsent: true });
  await untilModelIsHere(client);
  page = await (await signedIn(browser, client)).newPage();
  faults = watchFaults(page);
});
afterAll(async () => {
  await browser.close();
  await stack[Symbol.asyncDispose]();
});

const shareLiked = () => answeredShare(client, { prompts: judgedQuestions, each: 4, holds: likes });
const hub = (text: string) => page.getByRole('status').filter({ hasText: text });
const station = (name: string) =>
  page.getByRole('listitem').filter({ has: page.getByText(name, { exact: true }) });
const history = (round: string) =>
  page.getByRole('row').filter({ has: page.getByRole('button', { name: round }) });

async function expectAccessible(): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
  ).toEqual([]);
}

describe('rounds', () => {
  it('begin with feedback and a plan', async () => {
    before = await shareLiked();
    expect(before).toBeLessThan(0.6);
    // Twice, so that enough pairs are held out for the gate to be sure whatever the model draws.
    await rateAnswers(client, [...ratedQuestions, ...ratedQuestions]);

    await page.goto('/');
    await page.getByRole('link', { name: 'Rounds' }).click();
    await page.getByText('No round has been gone yet.').waitFor();
    await station('Feedback').getByText(/new$/).waitFor();
    await page.getByLabel('Held out (%)').fill('40');
    await page.getByText('These, in order').click();
    await page.getByText('Settings', { exact: true }).click();
    await page.getByText('Advanced settings').click();
    await page.getByLabel('Batch size').fill('4');
    await page.getByLabel(/^Learning rate\b(?! sched)/).fill('0.002');
    await page.getByLabel('Epochs').fill('8');
    // A toy refuses nothing; what it says to the sets is drawn, and is not what this test is about.
    const sets = page.getByRole('group', { name: 'Prompt sets that it must not do worse on' });
    const chosen = sets.getByRole('button', { pressed: true });
    await chosen.first().waitFor();
    while ((await chosen.count()) > 0) await chosen.first().click();
    await page.getByRole('button', { name: 'Save plan' }).click();
    await page.getByText('The plan is saved.').waitFor();
    await expectAccessible();
  }, 240_000);

  it('train, judge, and wait for a yes; then the chat answers as people liked it', async () => {
    await page.getByRole('button', { name: 'Begin a round' }).click();
    await hub('is under way').waitFor();
    await station('Training')
      .getByText(/step \d+ of \d+/)
      .waitFor({ timeout: roundMs });
    await hub('waits for your yes').waitFor({ timeout: roundMs });
    await expectAccessible();
    await page.getByRole('button', { name: 'Yes, put it live' }).click();
    await hub('went live').waitFor({ timeout: 30_000 });
    await station('Live').getByText(/-dpo$/).waitFor();
    await history('Round 1').getByText('live', { exact: true }).waitFor();
    const after = await shareLiked();
    expect(after).toBeGreaterThan(0.7);
    expect(after).toBeGreaterThan(before + 0.3);
  }, 300_000);

  it('go on from there, and lead back to what each was made of', async () => {
    await rateAnswers(client, ratedQuestions.slice(0, 4));
    await page.getByRole('button', { name: 'Begin a round' }).click();
    await hub('is under way').waitFor();
    await history('Round 2')
      .getByText(/^from .*-dpo$/)
      .waitFor();
    const outcome = hub('waits for your yes').or(hub('was not proven better'));
    await outcome.waitFor({ timeout: roundMs });
    await page.getByRole('button', { name: 'Round 1' }).click();
    await hub('went live').waitFor();
    await history('Round 1').getByRole('link', { name: 'dpo', exact: true }).click();
    await page.getByText('succeeded', { exact: true }).waitFor();
    expect(await shareLiked()).toBeGreaterThan(0.7);
  }, 300_000);

  it('are drawn for a phone, in Chinese', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto('/admin/rounds');
    await page.getByRole('heading', { name: 'Round 2' }).waitFor();
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(360);
    await client.patch('/api/me', { locale: 'zh' });
    await page.reload();
    await page.getByRole('heading', { name: '第 2 轮' }).waitFor();
    await expectAccessible();
    expect(faults).toEqual([]);
  });
});
