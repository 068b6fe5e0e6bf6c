/** A run that answers itself, as an admin makes and follows it: rewards, estimate, what it answers step by step, also after a reload. */
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { drawPrompts } from '../../models/generator/taste.js';
import { repositoryRoot } from '../../common/config/repository.js';
import type { Dataset } from '../../common/contracts/datasets.js';
import { expectStatus, invite, setUpAdmin, type Person } from '../support/api-client.js';
import { launchBrowser, signedIn, watchFaults } from '../support/browser.js';
import { startStack, untilModelIsHere, type Stack } from '../support/stack.js';

const attuneGpt = path.join(repositoryRoot, 'models/attune-gpt.gguf');
let stack: Stack;
let browser: Browser;
let admin: Person;
let page: Page;
let faults: string[];

beforeAll(async () => {
  [stack, browser] = await Promise.all([
    startStack({ model: `file:${attuneGpt}`, trains: true }),
    launchBrowser(),
  ]);
  admin = await setUpAdmin(stack.url, stack.databaseUrl);
  await untilModelIsHere(admin.client);
  const query = 'name=Questions&fileName=prompts.jsonl&format=trl-conversational&heldOutFraction=0.2';
  const lines = drawPrompts({ tongue: 'en' }, 20, 'prompts').map((content) =>
    JSON.stringify({ prompt: [{ role: 'user', content }] }),
  );
  const reply = await admin.client.sendFile(`/api/datasets/upload?${query}`, lines.join('\n'));
  expect((expectStatus(reply, 201) as Dataset).counts.prompt.train).toBeGreaterThan(10);
  page = await (await signedIn(browser, admin.client)).newPage();
  faults = watchFaults(page);
});
afterAll(async () => {
  await browser.close();
  await stack[Symbol.asyncDispose]();
});

async function expectAccessible(on = page): Promise<void> {
  const { violations } = await new AxeBuilder({ page: on }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
  ).toEqual([]);
}
const reward = (at: number) => page.getByRole('group', { name: `Reward ${at}`, exact: true });
const slider = () => page.getByRole('slider', { name: 'Step', exact: true });

describe('a run that answers itself', () => {
  it('is what prompts are good for, and needs a reward', async () => {
    await page.goto('/admin/runs/new');
    await page.getByLabel('Dataset').selectOption({ label: 'Questions v1' });
    await page.getByText(/prompts to answer$/).waitFor();
    expect(await page.getByLabel('Kind').inputValue()).toBe('grpo');
    await page.getByText('Name at least one reward.').waitFor();
    expect(await page.getByRole('button', { name: 'Start run' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Add a reward' }).click();
    await reward(1).getByLabel('Rule', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Add a reward' }).click();
    await reward(2).getByText('Reward model', { exact: true }).click();
    await reward(2).getByText('There is no reward model of this base yet').waitFor();
    expect(await page.getByRole('button', { name: 'Start run' }).isDisabled()).toBe(true);
    await reward(2).getByText('Check', { exact: true }).click();
    await reward(2).getByLabel('Rule', { exact: true }).selectOption('Length');
    await reward(2).getByLabel('At most').fill('20');
    await reward(2).getByLabel('Weight').fill('0.5');
    await expectAccessible();
  });

  it('tells what it will take, measured', async () => {
    await page.getByLabel('Answers per prompt').fill('4');
    await page.getByLabel('Longest answer').fill('24');
    await page.getByText('Advanced settings').click();
    await page.getByLabel('Batches a step').fill('2');
    await page.getByLabel('Step limit').fill('3');
    await page.getByRole('button', { name: 'Estimate' }).click();
    const card = page.getByRole('region', { name: 'What it will take' });
    await card.waitFor({ timeout: 120_000 });
    expect(await card.textContent()).toMatch(/sec|min/);
  });

  it('shows its answers and what each was worth, step by step, whatever becomes of server and page', async () => {
    await page.getByRole('button', { name: 'Start run' }).click();
    await page.waitForURL(/\/admin\/runs\/[0-9a-f-]{36}$/);
    await page
      .getByRole('table', { name: /^Answers to: / })
      .first()
      .waitFor({ timeout: 120_000 });
    await stack.stopServer();
    await stack.startServer();
    await page.getByText('succeeded', { exact: true }).waitFor({ timeout: 180_000 });
    await page.reload();
    await page.getByText('step 3', { exact: true }).waitFor();
    const table = page.getByRole('table', { name: /^Answers to: / }).first();
    expect(await table.getByRole('columnheader').allTextContents()).toEqual([
      'Answer',
      'Ends with a question',
      'Length',
      'Reward',
      'Advantage',
    ]);
    expect(await table.getByRole('row').count()).toBe(5);
    await slider().focus();
    await page.keyboard.press('ArrowLeft');
    await page.getByText('step 2', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Later step' }).click();
    await page.getByText('step 3', { exact: true }).waitFor();
    await page.locator('.u-wrap canvas').first().waitFor();
    await page.getByRole('button', { name: 'More curves' }).click();
    for (const group of ['Reward', 'Policy', 'Answers', 'Learning', 'Sampling', 'Time'])
      await page.getByRole('heading', { name: group, exact: true }).waitFor();
    await page.getByText('Settings', { exact: true }).click();
    await page.getByText('at most 20 words × 0.5').waitFor();
    await expectAccessible();
  });

  it('can be cloned with its rewards', async () => {
    await page.getByRole('link', { name: 'Clone' }).click();
    await reward(2).getByLabel('At most').waitFor();
    expect(await reward(2).getByLabel('At most').inputValue()).toBe('20');
    expect(await page.getByRole('button', { name: 'Start run' }).isDisabled()).toBe(false);
    await page.goBack();
  });

  it('says which guard ended it', async () => {
    const address = page.url();
    await page.getByRole('link', { name: 'Clone' }).click();
    await reward(2).getByLabel('At most').waitFor();
    await page.getByLabel('Longest answer').fill('4');
    await page.getByLabel('Stop when cut off').fill('0.1');
    await page.getByRole('button', { name: 'Start run' }).click();
    await page.getByText(/^A guard ended the run after step 1;/).waitFor({ timeout: 180_000 });
    await page.getByText('succeeded', { exact: true }).waitFor();
    await page.goto(address);
    await slider().waitFor();
  });

  it('fits a phone in the dark, in Chinese', async () => {
    const reader = await invite(admin, 'admin');
    await reader.client.patch('/api/me', { locale: 'zh' });
    const phone = await signedIn(browser, reader.client, {
      viewport: { width: 360, height: 740 },
      colorScheme: 'dark',
    });
    const small = await phone.newPage();
    await small.goto(new URL(page.url()).pathname);
    await small.getByRole('heading', { name: '它的回答' }).waitFor();
    await small.getByText('第 3 步', { exact: true }).waitFor();
    expect(await small.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await expectAccessible(small);
    await phone.close();
    expect(faults).toEqual([]);
  });
});
