/** What people say of answers, in a real browser: thumbs by key, reasons, what it became. */
import { AxeBuilder } from '@axe-core/playwright';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { comparisonSettingsSchema } from '../../common/contracts/comparisons.js';
import { conversationSchema } from '../../common/contracts/conversations.js';
import { feedbackEventSchema } from '../../common/contracts/feedback.js';
import { expectStatus, setUpAdmin, type ApiClient } from '../support/api-client.js';
import { launchBrowser, signedIn, watchFaults } from '../support/browser.js';
import { startStack, untilModelIsHere, type Stack } from '../support/stack.js';

let stack: Stack;
let browser: Browser;
let client: ApiClient;
let context: BrowserContext;
let page: Page;
let faults: string[];

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack({ model: 'tiny' }), launchBrowser()]);
  ({ client } = await setUpAdmin(stack.url, stack.databaseUrl));
  await untilModelIsHere(client);
  expectStatus(await client.patch('/api/me', { trainingConsent: true }), 200);
  context = await signedIn(browser, client);
});
afterAll(async () => {
  await browser.close();
  await stack[Symbol.asyncDispose]();
});
beforeEach(async () => {
  page = await context.newPage();
  faults = watchFaults(page);
  return async () => {
    await page.close();
    expect(faults).toEqual([]);
  };
});

const answer = () => page.getByRole('article', { name: 'Answer' }).last();
const thumb = (name: 'Good answer' | 'Bad answer') => answer().getByRole('button', { name });
const isPressed = (name: 'Good answer' | 'Bad answer') => thumb(name).getAttribute('aria-pressed');

/** A conversation of one question and one whole answer. @returns its id */
async function ask(): Promise<string> {
  const body = { parameters: { modelVersionId: null, sampling: { maxTokens: 12 } } };
  const { id } = conversationSchema.parse(expectStatus(await client.post('/api/conversations', body), 201));
  await page.goto(`/c/${id}`);
  await say('Say something.');
  await thumb('Good answer').waitFor();
  return id;
}
async function say(text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}
const listCurrent = async (id: string) =>
  feedbackEventSchema
    .array()
    .parse(expectStatus(await client.get(`/api/conversations/${id}/feedback`), 200))
    .map(({ payload }) => payload);

describe('a thumb', () => {
  it('is given, switched and taken back by keys, says what it became, and is there after a reload', async () => {
    const id = await ask();
    await page.keyboard.press('Escape');
    await page.keyboard.press('+');
    await answer().getByText('1 labelled answer, in the next dataset').waitFor();
    expect(await isPressed('Good answer')).toBe('true');
    await page.reload();
    await answer().getByText('1 labelled answer, in the next dataset').waitFor();

    await page.keyboard.press('Escape');
    await page.keyboard.press('-');
    await expect.poll(() => isPressed('Bad answer')).toBe('true');
    expect(await isPressed('Good answer')).toBe('false');
    await page.keyboard.press('-');
    await expect.poll(() => isPressed('Bad answer')).toBe('false');
    await answer().getByText('labelled answer').waitFor({ state: 'detached' });
    expect(await listCurrent(id)).toEqual([]);
  });

  it('takes reasons, a score and a comment, of which the other thumb keeps none', async () => {
    const id = await ask();
    await thumb('Bad answer').click();
    const form = page.getByRole('form', { name: 'Say why' });
    await form.getByRole('button', { name: 'Too short' }).click();
    await form.getByRole('button', { name: '3', exact: true }).click();
    await form.getByRole('textbox', { name: 'Comment' }).fill('It says nothing.');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.waitFor({ state: 'detached' });
    const said = { kind: 'thumb', value: 'down', tags: ['too-short'], score: 3, comment: 'It says nothing.' };
    expect(await listCurrent(id)).toEqual([said]);

    await thumb('Good answer').click();
    await form.getByText('What was good?').waitFor();
    expect(await form.getByRole('button', { pressed: true }).count()).toBe(0);
    expect(await listCurrent(id)).toEqual([
      { kind: 'thumb', value: 'up', tags: [], score: null, comment: '' },
    ]);
  });

  it('says that it is not used for training where the conversation is kept out, and leads there', async () => {
    const id = await ask();
    expectStatus(await client.patch(`/api/conversations/${id}`, { trainingConsent: false }), 200);
    await page.reload();
    await thumb('Good answer').click();
    await answer().getByText('Recorded, and not used for training').waitFor();
    await answer().getByRole('button', { name: 'Change that for this conversation' }).click();
    await page.getByRole('dialog', { name: 'This conversation' }).waitFor();
  });

  it('has its keys in the list of shortcuts', async () => {
    await page.goto('/account');
    await page.getByRole('heading', { name: 'Account' }).waitFor();
    await page.keyboard.press('?');
    const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await list.getByText('Bad answer').waitFor();
    expect(
      await list
        .locator('div', { hasText: /^Bad answer/ })
        .locator('kbd')
        .first()
        .textContent(),
    ).toBe('-');
  });
});

describe('what is said by doing', () => {
  it('shows what a better version of an answer became, and takes it back', async () => {
    const id = await ask();
    await answer().getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Improve this answer' }).click();
    await page.getByRole('textbox', { name: 'Improve this answer' }).fill('In my own words.');
    await page.getByRole('button', { name: 'Save' }).click();
    await answer()
      .getByText('Your version: 1 preference pair and 1 demonstration, in the next dataset')
      .waitFor();
    await answer().getByRole('button', { name: 'Take back' }).click();
    await answer().getByText('Your version:').waitFor({ state: 'detached' });
    expect(await listCurrent(id)).toEqual([]);
  });

  it('shows what going on from one of two answers became', async () => {
    await ask();
    await answer().getByRole('button', { name: 'Another answer' }).click();
    await answer().getByText('2 / 2').waitFor();
    await thumb('Good answer').waitFor();
    await say('Go on.');
    const chosen = page.getByRole('article', { name: 'Answer' }).first();
    await chosen.getByText('You went on from this one: 1 preference pair, in the next dataset').waitFor();
  });
});

describe('one’s own feedback', () => {
  it('is listed, leads to its answer, is changed and taken back', async () => {
    const id = await ask();
    await thumb('Good answer').click();
    await answer().getByText('1 labelled answer, in the next dataset').waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Your feedback' }).click();
    const row = page.getByRole('main').getByRole('listitem').first();
    await row.getByText('Good answer').waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id: rule, nodes }) => [rule, nodes.map(({ html }) => html)])).toEqual([]);

    await row.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Change to “Bad answer”' }).click();
    await row.getByText('Bad answer').waitFor();
    expect(await listCurrent(id)).toMatchObject([{ kind: 'thumb', value: 'down', tags: [] }]);
    await row.getByRole('link').click();
    await page.waitForURL(/\/c\/.*message=/);
    await thumb('Bad answer').waitFor();
    await expect.poll(() => isPressed('Bad answer')).toBe('true');

    await page.goto('/feedback');
    await row.getByText('Bad answer').waitFor();
    const before = await page.getByRole('main').getByRole('listitem').count();
    await row.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Take back' }).click();
    await expect.poll(() => page.getByRole('main').getByRole('listitem').count()).toBe(before - 1);
    expect(await listCurrent(id)).toEqual([]);
  });

  it('says when a version that learnt from it is live', async () => {
    const id = await ask();
    await thumb('Good answer').click();
    await answer().getByText('1 labelled answer, in the next dataset').waitFor();
    const db = new Client({ connectionString: stack.databaseUrl });
    await db.connect();
    await db.query(`UPDATE model_versions SET is_live = true`);
    await db.query(
      `INSERT INTO model_version_events (model_version_id, event_id)
       SELECT v.id, e.id FROM model_versions v, feedback_events e WHERE e.conversation_id = $1`,
      [id],
    );
    await db.end();
    await page.goto('/feedback');
    await page.getByRole('main').getByText('learnt from this and is live').waitFor();
  });
});

describe('the settings of comparisons', () => {
  it('are changed by an admin, and are what is saved', async () => {
    await page.goto('/admin/comparisons');
    const offered = page.getByRole('slider', { name: /Turns for which/ });
    await offered.fill('25');
    await page.getByRole('radio', { name: 'Any two versions' }).check();
    const save = page.getByRole('button', { name: 'Save' });
    expect(await save.isDisabled()).toBe(true);
    for (const field of ['First version', 'Second version'])
      await page.getByRole('combobox', { name: field }).selectOption({ index: 0 });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id: rule, nodes }) => [rule, nodes.map(({ html }) => html)])).toEqual([]);
    await save.click();
    await page.getByText('Saved').waitFor();
    const settings = comparisonSettingsSchema.parse((await client.get('/api/comparisons/settings')).body);
    expect(settings).toMatchObject({ share: 0.25, candidates: { type: 'pair' } });
    await page.reload();
    await expect.poll(() => offered.inputValue()).toBe('25');
  });
});
