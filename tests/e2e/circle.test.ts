/**
 * The circle, once around, as people go it: chat, rate and compare; freeze; train; judge; put live; and the chat answers as people liked
 * it. The rater is a script with a taste that a program can check: an answer should end with a question.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { repositoryRoot } from '../../common/config/repository.js';
import { conversationSchema } from '../../common/contracts/conversations.js';
import { createDataSource } from '../../common/database/data-source.js';
import { getOrCreateSetupCode } from '../../common/database/setup-code.js';
import { ApiClient, expectStatus } from '../support/api-client.js';
import { launchBrowser, watchFaults } from '../support/browser.js';
import { answeredShare } from '../support/answered-share.js';
import {
  furtherQuestions,
  improvement,
  judgedQuestions,
  likes,
  ratedParameters,
  ratedQuestions,
} from '../support/closing-taste.js';
import { startStack, untilModelIsHere, type Stack } from '../support/stack.js';

const ownModel = path.join(repositoryRoot, 'models', 'attune-gpt.gguf');

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
  page = await (await browser.newContext({ baseURL: stack.url })).newPage();
  faults = watchFaults(page);
});
afterAll(async () => {
  await browser.close();
  await stack[Symbol.asyncDispose]();
});

const answer = () => page.getByRole('article', { name: 'Answer', exact: true }).last();
const side = (name: 'Left' | 'Right') => page.getByRole('article', { name: `${name} answer` });
const textOf = async (name: 'Left' | 'Right') => (await side(name).locator('.prose').textContent()) ?? '';

async function openConversation(): Promise<void> {
  const reply = await client.post('/api/conversations', { parameters: ratedParameters });
  await page.goto(`/c/${conversationSchema.parse(expectStatus(reply, 201)).id}`);
}

/** @returns 1 when the vote made a pair */
async function compare(question: string): Promise<number> {
  await openConversation();
  await page.getByLabel('Message', { exact: true }).fill(question);
  await page.getByRole('button', { name: 'Compare two answers' }).first().click();
  for (const name of ['Left', 'Right'] as const)
    await side(name).and(page.locator('[aria-busy=false]')).waitFor({ timeout: 30_000 });
  const [left, right] = [likes(await textOf('Left')), likes(await textOf('Right'))];
  await page.keyboard.press(left === right ? (left ? '0' : 'x') : left ? '1' : '2');
  await page.getByText(/Left was .*, right was .*\./).waitFor();
  return left === right ? 0 : 1;
}

/** An answer without a question gets one, in the rater's words. @returns 1 when it was improved */
async function chatAndImprove(question: string): Promise<number> {
  await openConversation();
  await page.getByLabel('Message', { exact: true }).fill(question);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const thumb = (name: string) => answer().getByRole('button', { name });
  await thumb('Good answer').waitFor({ timeout: 30_000 });
  const text = (await answer().locator('.prose').textContent()) ?? '';
  await thumb(likes(text) ? 'Good answer' : 'Bad answer').click();
  await answer().getByText('1 labelled answer').waitFor();
  if (likes(text)) return 0;
  await answer().getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Improve this answer' }).click();
  const editor = page.getByRole('textbox', { name: 'Improve this answer' });
  await editor.fill(`${await editor.inputValue()} ${improvement}`);
  await page.getByRole('button', { name: 'Save' }).click();
  await answer().getByText('2 / 2').waitFor();
  return 1;
}

const shareLiked = () => answeredShare(client, { prompts: judgedQuestions, each: 4, holds: likes });

describe('the circle', () => {
  it('begins with an account, a model of our own, and a yes to learning', async () => {
    await page.goto('/');
    await page.waitForURL('**/setup');
    const db = await createDataSource(stack.databaseUrl, { poolSize: 1 }).initialize();
    await page.getByLabel('Set-up code').fill((await getOrCreateSetupCode(db)) ?? '');
    await db.destroy();
    await page.getByLabel('Name').fill('Ada Lovelace');
    await page.getByLabel('Email').fill('ada@example.org');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('heading', { name: /Ada/ }).waitFor();
    client = new ApiClient(stack.url);
    client.cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    await untilModelIsHere(client);
    await page.goto('/account');
    await page.getByLabel(/may be used to train/).check();
    const isAgreed = async () => (await client.get('/api/auth/state')).body;
    await expect.poll(isAgreed).toMatchObject({ user: { trainingConsent: true } });
    before = await shareLiked();
    expect(before).toBeLessThan(0.6);
  });

  it('hears eighty judgements in the chat, and says what each became', async () => {
    let pairs = 0;
    // So many that enough prompts are held out for the gate to be sure whatever the model draws.
    for (const question of [...ratedQuestions, ...furtherQuestions]) {
      pairs += await compare(question);
      pairs += await chatAndImprove(question);
    }
    expect(pairs).toBeGreaterThan(24);
  });

  it('freezes them, and learns from them', async () => {
    await page.goto('/admin/datasets');
    const freezing = page.locator('#freeze');
    await freezing.getByLabel('Name').fill('Questions');
    await freezing.getByLabel('Held out (%)').fill('40');
    await freezing.getByRole('button', { name: 'Freeze', exact: true }).click();
    await page.getByText('Questions, version').first().waitFor();

    await page.goto('/admin/runs/new');
    await page.getByLabel('Dataset').selectOption({ label: 'Questions v1' });
    await page.getByLabel('Kind').selectOption('dpo');
    await page.locator('main p', { hasText: /choices$/ }).waitFor();
    await page.getByLabel('Start from').selectOption({ index: 1 });
    await page.getByText('Advanced settings').click();
    await page.getByLabel('Batch size').fill('4');
    await page.getByLabel(/^Learning rate\b(?! sched)/).fill('0.0005');
    await page.getByLabel('Epochs').fill('12');
    await page.getByRole('button', { name: 'Start run' }).click();
    await page.waitForURL(/\/admin\/runs\/[0-9a-f-]{36}$/);
    await page.locator('.u-wrap canvas').first().waitFor({ timeout: 60_000 });
    await page.getByText('succeeded', { exact: true }).waitFor({ timeout: 120_000 });
  });

  it('proves the new version better, puts it live, and answers as people liked it', async () => {
    await page.goto('/admin/versions');
    const candidate = page.getByRole('listitem', { name: /-dpo$/ });
    // The sets have a test of their own; answering them all would take as long as the rest of the circle.
    await candidate.getByRole('checkbox').first().waitFor();
    for (const set of await candidate.getByRole('checkbox').all()) await set.uncheck();
    await candidate.getByRole('button', { name: 'Evaluate' }).click();
    await candidate.getByText('Judged on held-out feedback').waitFor({ timeout: 90_000 });
    await candidate.getByText('Better on held-out feedback.').waitFor();
    await candidate.getByRole('button', { name: 'Put live', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Put live' }).click();
    await candidate.getByText('live', { exact: true }).waitFor();

    const after = await shareLiked();
    expect(after).toBeGreaterThan(0.7);
    expect(after).toBeGreaterThan(before + 0.3);
  });

  it('takes the old version back with one click', async () => {
    await page.getByRole('button', { name: /^Roll back to/ }).click();
    await page.getByText('brought back').waitFor();
    expect(await shareLiked()).toBeLessThan(0.6);
    expect(faults).toEqual([]);
  });
});
