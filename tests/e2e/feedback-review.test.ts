/** What admins see of everybody's feedback, in a real browser: the table, its filters and plots, one act, and the leaderboard. */
import { randomUUID } from 'node:crypto';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conversationSchema } from '../../common/contracts/conversations.js';
import { modelListSchema } from '../../common/contracts/models.js';
import { expectStatus, invite, setUpAdmin, type Person } from '../support/api-client.js';
import { insertVotes } from '../support/battles.js';
import { launchBrowser, signedIn, watchFaults } from '../support/browser.js';
import { ChatSocket } from '../support/chat-socket.js';
import { startStack, untilModelIsHere, type Stack } from '../support/stack.js';

let stack: Stack;
let browser: Browser;
let admin: Person;
let rater: Person;
let versionId: string;
let versionName: string;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack({ model: 'tiny' }), launchBrowser()]);
  admin = await setUpAdmin(stack.url, stack.databaseUrl);
  await untilModelIsHere(admin.client);
  const { versions } = modelListSchema.parse((await admin.client.get('/api/models')).body);
  ({ id: versionId = '', name: versionName = '' } = versions[0] ?? {});
  rater = await invite(admin, 'user');
  expectStatus(await rater.client.patch('/api/me', { trainingConsent: true, name: 'Rita' }), 200);
});
afterAll(async () => {
  await browser.close();
  await stack[Symbol.asyncDispose]();
});

/** A question of the rater's, answered and rated. @returns the conversation's id */
async function rate(content: string, thumb: object): Promise<string> {
  const body = { parameters: { modelVersionId: null, sampling: { maxTokens: 8 } } };
  const { id: conversationId } = conversationSchema.parse(
    expectStatus(await rater.client.post('/api/conversations', body), 201),
  );
  using socket = await ChatSocket.open(rater.client);
  await socket.request({ type: 'conversation.watch', conversationId });
  const { answer } = await socket.ask({ type: 'chat.send', conversationId, parentId: null, content });
  await socket.waitForEnd(answer.id);
  expectStatus(await rater.client.send('PUT', `/api/messages/${answer.id}/thumb`, thumb), 200);
  return conversationId;
}

/** Opens a path as the admin, does something with the page, and holds it to having had no fault. */
async function withPage(
  path: string,
  act: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const context = await signedIn(browser, admin.client, options);
  const page = await context.newPage();
  const faults = watchFaults(page);
  await page.goto(path);
  await act(page);
  expect(faults).toEqual([]);
  await context.close();
}

const rows = (page: Page) => page.getByRole('button', { name: /^Open: / });

describe('the feedback page', () => {
  beforeAll(async () => {
    await rate('What is blue?', { value: 'up', tags: ['helpful'] });
    await rate('什么是蓝色？', { value: 'down', tags: ['wrong'], comment: 'Not so.' });
  });

  it('counts, filters, opens an act with its conversation, and takes it out with a reason', () =>
    withPage('/admin/feedback', async (page) => {
      await page.getByText('2 in this selection').waitFor();
      await page.getByRole('list', { name: 'By reason' }).getByText('Helpful').waitFor();
      await page.getByLabel('Language of the prompt').selectOption({ label: 'Chinese, Japanese, Korean' });
      await page.getByText('1 in this selection').waitFor();
      await rows(page).click();

      const dialog = page.getByRole('dialog', { name: 'Thumbs: Bad' });
      await dialog.getByText('什么是蓝色？').waitFor();
      await dialog.getByText('Not so.').waitFor();
      await dialog.getByRole('heading', { name: 'Rated answer' }).waitFor();
      await dialog.getByLabel('Why?').fill('A test');
      await dialog.getByRole('button', { name: 'Exclude' }).click();
      await dialog.getByText('Excluded by').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('row', { name: /Rita/ }).getByText('excluded').waitFor();

      await page.getByRole('button', { name: 'Clear filters' }).click();
      await page.getByLabel('State').selectOption({ label: 'counted' });
      await page.getByText('1 in this selection').waitFor();
      await page.getByRole('group', { name: 'Kind' }).getByRole('button', { name: 'Edits' }).click();
      await page.getByText('Nothing matches.').waitFor();
    }));

  it('keeps the words of who does not let them be used to itself', async () => {
    const conversationId = await rate('A secret', { value: 'up' });
    expectStatus(
      await rater.client.patch(`/api/conversations/${conversationId}`, { trainingConsent: false }),
      200,
    );
    await withPage('/admin/feedback', async (page) => {
      await page.getByLabel('Consent').selectOption({ label: 'not for training' });
      await page.getByText('1 in this selection').waitFor();
      await rows(page).click();
      await page.getByRole('dialog').getByText('its words are not shown here').waitFor();
      expect(await page.getByText('A secret').count()).toBe(0);
    });
  });

  it('hands over the selection as a file', () =>
    withPage('/admin/feedback', async (page) => {
      await page.getByText('in this selection').waitFor();
      const downloading = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Export' }).click();
      await page.getByRole('menuitem', { name: 'Thumbs: TRL, messages' }).click();
      expect((await downloading).suggestedFilename()).toMatch(/\.jsonl$/);
      await page.getByRole('button', { name: 'Thumbs', exact: true }).click();
      await page.getByRole('link', { name: 'Freeze as a dataset' }).click();
      await page.getByRole('heading', { name: 'Datasets', level: 1 }).waitFor();
      await page.getByRole('button', { name: 'Thumbs', pressed: true }).waitFor();
    }));
});

describe('the leaderboard page', () => {
  it('says so while there is nothing to rank', () =>
    withPage('/admin/leaderboard', async (page) => {
      await page.getByText('No comparison of two versions yet.').waitFor();
    }));

  it('draws ratings with their intervals, ranks nobody too early, and switches to equal length', async () => {
    const conversationId = await rate('Which?', { value: 'up' });
    const [challenger, newcomer] = [randomUUID(), randomUUID()];
    const votes = { userId: rater.user.id, conversationId, left: versionId };
    const many = Array.from({ length: 40 }, (_, index) => (index % 4 === 0 ? 'right' : 'left'));
    await insertVotes(stack.databaseUrl, { ...votes, right: challenger, outcomes: many });
    await insertVotes(stack.databaseUrl, { ...votes, right: newcomer, outcomes: ['right', 'tie', 'left'] });
    await withPage('/admin/leaderboard', async (page) => {
      await page.getByText('43 comparisons of two different versions').waitFor();
      const ratings = page.getByRole('region', { name: 'Ratings' });
      const live = ratings.getByRole('row', { name: new RegExp(versionName) });
      expect(await live.locator('.interval').count()).toBe(1);
      await ratings
        .getByRole('row', { name: new RegExp(newcomer) })
        .getByText('not enough votes')
        .waitFor();
      expect(await ratings.locator('.interval').count()).toBe(2);
      const matrix = page.getByRole('region', { name: 'Who beats whom' });
      await matrix.getByRole('cell', { name: '75%' }).waitFor();
      await matrix.getByText('never compared').first().waitFor();
      await page.getByText('At equal length', { exact: true }).click();
      await live.locator('.interval').waitFor();
    });
  });
});

describe.each(['/admin/feedback', '/admin/leaderboard'])('%s', (path) => {
  it.each(['light', 'dark'] as const)(
    'has no serious fault of accessibility, %s, and fits a phone',
    (colorScheme) =>
      withPage(
        path,
        async (page) => {
          await page.getByText(/in this selection|of two different versions/).waitFor();
          const { violations } = await new AxeBuilder({ page }).analyze();
          const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
          expect(
            serious.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`)),
          ).toEqual([]);
          expect(await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')).toBe(
            false,
          );
        },
        { colorScheme, viewport: { width: 360, height: 740 } },
      ),
  );
});
