/** What people do in a conversation, in a real browser, against the real stack. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import {
  conversationSchema,
  conversationTreeSchema,
  type Conversation,
} from '../../common/contracts/conversations.js';
import type { Sampling } from '../../common/contracts/sampling.js';
import { expectStatus, setUpAdmin, type ApiClient } from '../support/api-client.js';
import { launchBrowser, refuseMessages, signedIn, watchFaults } from '../support/browser.js';
import { startStack, untilModelIsHere, type Stack } from '../support/stack.js';

let stack: Stack;
let browser: Browser;
let client: ApiClient;
let context: BrowserContext;
let page: Page;
let faults: string[];

const short: Partial<Sampling> = { maxTokens: 12, temperature: 1 };
/** Runs until it is stopped: longer than any test waits. */
const long: Partial<Sampling> = { maxTokens: 30_000 };

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack({ model: 'tiny' }), launchBrowser()]);
  ({ client } = await setUpAdmin(stack.url, stack.databaseUrl));
  await untilModelIsHere(client);
  context = await signedIn(browser, client);
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: stack.url });
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

const answers = () => page.getByRole('article', { name: 'Answer' });
const answer = () => answers().last();
const finished = () => answer().and(page.locator('[aria-busy=false]'));
const textOf = async (locator: Locator) => (await locator.locator('.prose').textContent()) ?? '';

async function openConversation(sampling: Partial<Sampling>): Promise<Conversation> {
  const body = { parameters: { modelVersionId: null, sampling } };
  const conversation = conversationSchema.parse(
    expectStatus(await client.post('/api/conversations', body), 201),
  );
  await page.goto(`/c/${conversation.id}`);
  return conversation;
}
async function say(text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('article', { name: 'You' }).getByText(text, { exact: true }).waitFor();
}
const readTree = async (id: string) =>
  conversationTreeSchema.parse(expectStatus(await client.get(`/api/conversations/${id}`), 200));
/** What the page shows of the last answer is what the database holds. */
async function expectNothingLost(conversationId: string): Promise<void> {
  await answer().getByRole('button', { name: 'Copy text' }).click();
  const copied = await page.evaluate<string>('navigator.clipboard.readText()');
  const stored = (await readTree(conversationId)).messages.at(-1)?.content ?? '';
  // The clipboard has its own line ends.
  expect(copied.replaceAll('\r\n', '\n')).toBe(stored.replaceAll('\r\n', '\n'));
}
async function untilWriting(): Promise<void> {
  await answer().locator('.prose').waitFor();
  await expect.poll(async () => (await textOf(answer())).length, { timeout: 30_000 }).toBeGreaterThan(20);
}

describe('a conversation', () => {
  it('shows an answer as it is written, and what it cost at the end', async () => {
    const { id } = await openConversation({ maxTokens: 60 });
    await say('Tell me something.');
    await finished()
      .getByText(/tokens\/s/)
      .waitFor();
    await finished()
      .getByText(/of context/)
      .waitFor();
    const { messages } = await readTree(id);
    expect(messages).toHaveLength(2);
    expect(messages[1]?.generation?.usage?.completionTokens).toBeGreaterThan(0);
  });

  it('goes on after the page was reloaded in the middle of an answer, and loses nothing', async () => {
    const { id } = await openConversation(long);
    await say('Go on for long.');
    await untilWriting();
    await page.reload();
    await untilWriting();
    const before = (await textOf(answer())).length;
    await expect
      .poll(async () => (await textOf(answer())).length, { timeout: 30_000 })
      .toBeGreaterThan(before);
    await page.getByRole('button', { name: 'Stop' }).click();
    await finished().getByText('stopped').waitFor();
    await expectNothingLost(id);
  });

  it('stops with Escape and continues a stopped answer', async () => {
    await openConversation(long);
    await say('Go on for long.');
    await untilWriting();
    await page.keyboard.press('Escape');
    await finished().getByText('stopped').waitFor();
    await answer().getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Stop' }).click();
    await finished().waitFor();
    expect(await answers().count()).toBe(1);
  });

  it('keeps every version of an answer and switches between them', async () => {
    await openConversation(short);
    await say('One question.');
    await finished()
      .getByText(/tokens\/s/)
      .waitFor();
    const first = await textOf(answer());
    await answer().getByRole('button', { name: 'Another answer' }).click();
    await answer().getByText('2 / 2').waitFor();
    await finished()
      .getByText(/tokens\/s/)
      .waitFor();
    await answer().getByRole('button', { name: 'Previous version' }).click();
    await answer().getByText('1 / 2').waitFor();
    expect(await textOf(answer())).toBe(first);
    await page.reload();
    await answer().getByText('1 / 2').waitFor();
  });

  it('sends an edited message again beside the first', async () => {
    await openConversation(short);
    await say('First wording.');
    await finished()
      .getByText(/tokens\/s/)
      .waitFor();
    await page.getByLabel('Message', { exact: true }).press('ArrowUp');
    await page.getByRole('textbox', { name: 'Edit and resend' }).fill('Second wording.');
    await page.getByRole('button', { name: 'Send again' }).click();
    const mine = page.getByRole('article', { name: 'You' });
    await mine.getByText('Second wording.').waitFor();
    await mine.getByText('2 / 2').waitFor();
    await mine.getByRole('button', { name: 'Previous version' }).click();
    await mine.getByText('First wording.').waitFor();
  });

  it('puts an edited answer beside the model’s', async () => {
    await openConversation(short);
    await say('Say it well.');
    await finished()
      .getByText(/tokens\/s/)
      .waitFor();
    await answer().getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Improve this answer' }).click();
    await page.getByRole('textbox', { name: 'Improve this answer' }).fill('In my **own** words.');
    // What is edited by then stays as it is when the answer comes.
    const another = page.getByRole('textbox', { name: 'Edit and resend' });
    await page.route('**/api/messages/*', async (route) => {
      await another.waitFor();
      await route.continue();
    });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByLabel('Message', { exact: true }).press('ArrowUp');
    await answer().getByText('edited').waitFor();
    expect(await another.isVisible()).toBe(true);
    await answer().locator('strong', { hasText: 'own' }).waitFor();
    await answer().getByText('2 / 2').waitFor();
  });

  it('shows every token’s probability and its rivals, while written and after a reload', async () => {
    await openConversation({ ...short, maxTokens: 30 });
    await page.getByRole('button', { name: 'Token probabilities' }).click();
    await say('Show me the odds.');
    const tokens = answer()
      .getByRole('list', { name: /Tokens of this answer/ })
      .getByRole('listitem');
    await finished()
      .getByText(/tokens\/s/)
      .waitFor();
    expect(await tokens.count()).toBeGreaterThan(5);
    await page.reload();
    await tokens.nth(2).hover();
    await page.getByRole('tooltip').getByRole('list', { name: 'What could have stood here' }).waitFor();
    await tokens.first().focus();
    await page.keyboard.press('ArrowRight');
    await page.locator('[data-token="1"]:focus').waitFor();
    await tokens.nth(2).hover();
    await page.getByRole('tooltip').waitFor();
    await page.keyboard.press('Alt+t');
    await tokens.first().waitFor({ state: 'detached' });
  });

  it('has its answer copied where the browser gives the page no clipboard, or says that it cannot', async () => {
    await page.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
    const { id } = await openConversation(short);
    await say('Something to copy.');
    await finished()
      .getByText(/tokens\/s/)
      .waitFor();
    const composer = page.getByLabel('Message', { exact: true });
    await composer.press('Alt+c');
    await page.getByText('Copied').first().waitFor();
    await composer.press('Control+v');
    const said = (await readTree(id)).messages.at(-1)?.content ?? '';
    expect((await composer.inputValue()).trim()).toBe(said.replaceAll('\r\n', '\n').trim());
    await page.evaluate('document.execCommand = () => false');
    await answer().getByRole('button', { name: 'Copy text' }).click();
    await page.getByText('does not let this page copy').waitFor();
  });

  it('is found by its words, and opened at them', async () => {
    await openConversation(short);
    await say('Where is the xylophone kept?');
    await finished()
      .getByText(/tokens\/s/)
      .waitFor();
    await page.goto('/');
    await page.getByRole('searchbox', { name: 'Search conversations' }).fill('xylophone');
    await page.locator('mark', { hasText: 'xylophone' }).first().waitFor();
    await page
      .getByRole('link', { name: /xylophone/ })
      .first()
      .click();
    await page.getByRole('article', { name: 'You' }).getByText('Where is the xylophone kept?').waitFor();
  });

  it('is read by anyone who has its link, until the link is revoked', async () => {
    await openConversation(short);
    await say('Something to share.');
    await finished()
      .getByText(/tokens\/s/)
      .waitFor();
    await page.locator('main > header').getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Share' }).click();
    await page.route('**/shares', (route) =>
      route.request().method() === 'POST' ? route.abort() : route.continue(),
    );
    await page.getByRole('button', { name: 'Create link' }).click();
    await page.getByRole('dialog').getByText('cannot be reached').waitFor();
    await page.unroute('**/shares');
    await page.getByRole('button', { name: 'Create link' }).click();
    const link = await page.getByRole('textbox', { name: 'Links' }).inputValue();

    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto(link);
    await stranger.getByRole('article', { name: 'You' }).getByText('Something to share.').waitFor();
    expect(await stranger.getByRole('textbox').count()).toBe(0);

    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('The link no longer works.').waitFor();
    await stranger.reload();
    await stranger.getByRole('heading', { name: 'There is nothing here' }).waitFor();
    await stranger.context().close();
  });

  it('is begun once, and gives back a first message that was refused', async () => {
    const mine = async () => expectStatus(await client.get('/api/conversations'), 200) as unknown[];
    const before = (await mine()).length;
    await refuseMessages(page, 'Later.');
    let entered = Promise.resolve();
    await page.route('**/api/conversations', async (route) => {
      await entered;
      await route.continue();
    });
    await page.goto('/');
    const composer = page.getByLabel('Message', { exact: true });
    await composer.fill('Is anybody there?');
    await page.getByRole('button', { name: 'Send' }).and(page.locator(':enabled')).waitFor();
    entered = composer.press('Enter').then(() => composer.press('Enter'));
    await page.waitForURL('**/c/*');
    await page.getByText('Later.').waitFor();
    expect(await composer.inputValue()).toBe('Is anybody there?');
    expect(await mine()).toHaveLength(before + 1);
  });

  it('keeps what was typed but not sent', async () => {
    const { id } = await openConversation(short);
    await page.getByLabel('Message', { exact: true }).fill('Half a thou');
    await expect.poll(async () => (await readTree(id)).draft, { timeout: 10_000 }).toBe('Half a thou');
    await page.reload();
    await expect.poll(() => page.getByLabel('Message', { exact: true }).inputValue()).toBe('Half a thou');
  });

  it('keeps what was typed and saved before it was here', async () => {
    const { id } = await openConversation(short);
    await say('Something first.');
    await finished()
      .getByText(/tokens\/s/)
      .waitFor();
    const saved = page.waitForRequest((request) => request.method() === 'PATCH');
    await page.route(`**/api/conversations/${id}`, async (route) => {
      if (route.request().method() !== 'GET') return route.continue();
      const response = await route.fetch();
      await saved;
      await route.fulfill({ response });
    });
    await page.reload();
    await page.getByLabel('Message', { exact: true }).fill('Half a thou');
    await answer().waitFor();
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('Half a thou');
  });

  it('is renamed, pinned, moved to a folder and deleted from the list', async () => {
    const { id } = await openConversation(short);
    await say('To be tidied.');
    await finished()
      .getByText(/tokens\/s/)
      .waitFor();
    const list = page.getByRole('navigation');
    const act = async (name: string) => {
      await list.locator('li.current').getByRole('button').click();
      await page.getByRole('menuitem', { name }).click();
    };
    await act('Rename');
    await page.keyboard.press('Escape');
    await list.locator('li.current').getByRole('button').and(page.locator(':focus')).waitFor();
    await act('Rename');
    const name = page.getByRole('dialog').getByRole('textbox');
    await name.and(page.locator(':focus')).waitFor();
    await page.keyboard.type('Tidy');
    // What is selected by the mouse is often left outside.
    await name.hover();
    await page.mouse.down();
    await page.mouse.move(2, 2);
    await page.mouse.up();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await list.getByRole('link', { name: 'Tidy' }).waitFor();
    await act('Pin');
    await list.getByRole('heading', { name: 'Pinned' }).waitFor();
    await act('Unpin');
    await act('Move to folder…');
    await page.getByPlaceholder('New folder').fill('Shelf');
    // Pinned and unpinned elsewhere meanwhile, it joins other groups of the list.
    for (const pinned of [true, false]) {
      await client.patch(`/api/conversations/${id}`, { pinned });
      const group = list.getByText('Pinned', { exact: true });
      await group.waitFor({ state: pinned ? 'visible' : 'detached' });
    }
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
    await list.locator('details', { hasText: 'Shelf' }).getByRole('link', { name: 'Tidy' }).waitFor();
    await act('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.waitForURL(stack.url + '/');
    expect(await list.getByRole('link', { name: 'Tidy' }).count()).toBe(0);
  });

  it('says when the server is gone, and has the whole answer when it is back', async () => {
    const { id } = await openConversation({ maxTokens: 2000, temperature: 0 });
    await say('Go on for long.');
    await untilWriting();
    await stack.stopServer();
    await page.getByText('Connection lost. Reconnecting…').waitFor();
    await stack.startServer();
    await page.getByText('Connection lost. Reconnecting…').waitFor({ state: 'detached' });
    await finished()
      .getByText(/tokens\/s/)
      .waitFor({ timeout: 60_000 });
    await expectNothingLost(id);
  });
});
