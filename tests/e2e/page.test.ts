/** What holds for the page as a whole: languages, widths, keys, weight, accessibility, length. */
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { conversationSchema, conversationTreeSchema } from '../../common/contracts/conversations.js';
import { expectStatus, setUpAdmin, type ApiClient } from '../support/api-client.js';
import { launchBrowser, refuseMessages, signedIn, watchFaults } from '../support/browser.js';
import { startStack, untilModelIsHere, type Stack } from '../support/stack.js';

let stack: Stack;
let browser: Browser;
let client: ApiClient;
let talk: string;
/** A conversation without code or formulas, which fetch more. */
let plain: string;
let faults: string[] = [];

const phone: BrowserContextOptions = {
  viewport: { width: 360, height: 740 },
  hasTouch: true,
  isMobile: true,
};
const mostInitialBytes = 200_000;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack({ model: 'tiny' }), launchBrowser()]);
  ({ client } = await setUpAdmin(stack.url, stack.databaseUrl));
  await untilModelIsHere(client);
  talk = await importConversation('A talk', [
    ['user', 'Show me **everything** you can.'],
    ['assistant', everything],
  ]);
  plain = await importConversation('Plain', [
    ['user', 'Hello.'],
    ['assistant', 'Hello yourself.'],
  ]);
});
afterAll(async () => {
  await browser.close();
  await stack[Symbol.asyncDispose]();
});

const everything = [
  '# A heading\n\nText with `code`, a [link](https://example.org), *emphasis* and $e^{i\\pi} = -1$.',
  '| Colour | nm |\n|:--|--:|\n| blue | 450 |\n| red | 700 |',
  '```python\ndef square(x: int) -> int:\n    return x * x\n```',
  '- [x] done\n\n- [ ] not yet',
  '1. one\n2. two\n   - nested\n\n> A quotation.',
  '<img src=x onerror="document.title=\'broken\'"> stays text',
].join('\n\n');

async function importConversation(
  title: string,
  turns: (readonly ['user' | 'assistant', string])[],
): Promise<string> {
  const file = {
    format: 'attune-conversation',
    version: 1,
    conversation: toConversation(title, turns),
  };
  expectStatus(await client.post('/api/conversations/import', file), 201);
  const list = conversationSchema
    .pick({ id: true, title: true })
    .loose()
    .array()
    .parse((await client.get('/api/conversations')).body);
  return list.find((conversation) => conversation.title === title)?.id ?? '';
}

function toConversation(title: string, turns: (readonly ['user' | 'assistant', string])[]) {
  const now = new Date().toISOString();
  const messages = turns.map(([role, content], index) => ({
    id: idOf(index),
    parentId: index === 0 ? null : idOf(index - 1),
    role,
    content,
    status: 'complete',
    createdAt: now,
    editedFromId: null,
    generation: null,
  }));
  return {
    id: crypto.randomUUID(),
    title,
    pinned: false,
    updatedAt: now,
    createdAt: now,
    systemPrompt: '',
    parameters: { modelVersionId: null, sampling: {} },
    trainingConsent: null,
    leafId: idOf(turns.length - 1),
    messages,
  };
}
const idOf = (index: number) => `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;

/** Fills many screens. */
const longTurns = Array.from({ length: 40 }, (_, index) =>
  index % 2 === 0
    ? (['user', `Question ${index}`] as const)
    : (['assistant', `Answer ${index}\n\n${'- a point\n'.repeat(40)}`] as const),
);

/** Opens a path signed in, in a profile of its own. */
async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await signedIn(browser, client, options);
  const page = await context.newPage();
  faults = watchFaults(page);
  await page.goto(path);
  return page;
}
const isWiderThanScreen = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');

describe('the page', () => {
  it.each(['/login', '/', '/c/plain'])(
    'weighs at most 200 kB of compressed JavaScript on the first load of %s',
    async (path) => {
      const context =
        path === '/login'
          ? await browser.newContext({ baseURL: stack.url })
          : await signedIn(browser, client);
      const page = await context.newPage();
      const weigh = await weighScripts(page);
      await page.goto(path.replace('plain', plain), { waitUntil: 'networkidle' });
      const bytes = weigh();
      expect(bytes).toBeGreaterThan(20_000);
      expect(bytes).toBeLessThan(mostInitialBytes);
      await context.close();
    },
  );

  it('draws Markdown, formulas, tables and coloured code, and never runs what a message contains', async () => {
    const page = await open(`/c/${talk}`);
    await page.locator('.katex').first().waitFor();
    await page.locator('table td', { hasText: '450' }).waitFor();
    await page.locator('figure.code span[style*="--code-token"]').first().waitFor();
    await page.getByText('<img src=x').waitFor();
    expect(await page.locator('article img').count()).toBe(0);
    expect(await page.getByRole('checkbox').count()).toBe(2);
    expect(await page.getByText('[x]').count()).toBe(0);
    expect(await page.title()).toContain('A talk');
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('speaks Chinese, and remembers it with the account', async () => {
    const page = await open('/account');
    await page.getByText('简体中文').click();
    await page.getByRole('heading', { name: '账户', exact: true }).waitFor();
    await page.reload();
    await page.getByRole('link', { name: '新对话' }).waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh-Hans');
    await page.getByText('English').click();
    await page.getByRole('heading', { name: 'Account', exact: true }).waitFor();
    await page.context().close();
  });

  it('says errors in the language of the person', async () => {
    const page = await (await browser.newContext({ baseURL: stack.url, locale: 'zh-CN' })).newPage();
    await page.goto('/login');
    await page.getByLabel('邮箱').fill('nobody@example.org');
    await page.getByLabel('密码').fill('wrong password');
    await page.getByRole('button', { name: '登录' }).click();
    await expect.poll(() => page.getByRole('alert').textContent()).toMatch(/[\u4e00-\u9fff]{4}/);
    await page.context().close();
  });

  it.each(['/', '/account', '/feedback', '/admin/models', '/admin/comparisons', '/admin/people', '/c/talk'])(
    'fits a phone of 360 px: %s',
    async (path) => {
      const page = await open(path.replace('talk', talk), phone);
      await page.getByRole('button', { name: 'Show sidebar' }).waitFor();
      await page.waitForLoadState('networkidle');
      expect(await isWiderThanScreen(page)).toBe(false);
      await page.getByRole('button', { name: 'Show sidebar' }).click();
      await page.getByRole('link', { name: 'A talk' }).click();
      await page.getByRole('article', { name: 'Answer' }).waitFor();
      await page.context().close();
    },
  );

  it.each([
    '/c/nothing',
    '/admin/runs/nothing',
    '/admin/versions/nothing',
    '/admin/datasets/nothing',
    '/admin/prompts/nothing',
  ])('says that there is nothing at %s', async (path) => {
    const page = await open(path);
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
    await page.context().close();
  });

  it("shows the admin's pages in groups: that of the page, or the one that was opened last, by keyboard too", async () => {
    const page = await open('/admin/runs/new');
    const group = page.getByRole('button', { name: 'System', exact: true });
    const link = (name: string) => page.getByRole('navigation').getByRole('link', { name, exact: true });
    await link('Versions').waitFor();
    await group.focus();
    await page.keyboard.press('Enter');
    await link('Costs').waitFor();
    expect(await link('Versions').isVisible()).toBe(false);
    await page.goto('/');
    await link('Costs').waitFor();
    await group.click();
    await link('Costs').waitFor({ state: 'hidden' });
    await page.reload();
    await group.waitFor();
    expect(await link('Costs').isVisible()).toBe(false);
    await page.context().close();
  });

  it('opens the palette with Ctrl+K and goes where it is told', async () => {
    const page = await open('/');
    await page.getByLabel('Message', { exact: true }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('a talk');
    await page.getByRole('option', { name: 'A talk' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/c/${talk}`);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('dark');
    await page.keyboard.press('Enter');
    await page.locator('html[data-scheme=dark]').waitFor();
    await page.context().close();
  });

  it('lists its shortcuts under ?, and they work', async () => {
    const page = await open('/account');
    await page.getByRole('heading', { name: 'Account', exact: true }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Alt+b');
    await page.getByRole('button', { name: 'Show sidebar' }).waitFor();
    await page.keyboard.press('Alt+s');
    await page.locator('#conversation-search:focus').waitFor();
    await page.keyboard.press('Alt+n');
    await page.locator('#composer:focus').waitFor();
    await page.keyboard.type('a ? b');
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('a ? b');
    await page.keyboard.press('Alt+s');
    await page.keyboard.type('whale');
    expect(await page.locator('#conversation-search').inputValue()).toBe('whale');
    await page.context().close();
  });

  it.each(['light', 'dark'] as const)('has no serious accessibility fault (%s)', async (colorScheme) => {
    for (const path of [
      '/',
      `/c/${talk}`,
      '/account',
      '/feedback',
      '/admin/models',
      '/admin/comparisons',
      '/admin/people',
    ]) {
      const page = await open(path, { colorScheme, reducedMotion: 'reduce' });
      await page.waitForLoadState('networkidle');
      expect(await seriousFaults(page), path).toEqual([]);
      if (path === '/account') {
        await page.keyboard.press('Control+k');
        expect(await seriousFaults(page), 'palette').toEqual([]);
      }
      await page.context().close();
    }
    const login = await (await browser.newContext({ baseURL: stack.url, colorScheme })).newPage();
    await login.goto('/login');
    await login.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await seriousFaults(login), '/login').toEqual([]);
    await login.context().close();
  });

  it('keeps a text that is being edited when one scrolls away from it, and when it is refused', async () => {
    const page = await open('/account');
    await refuseMessages(page, 'Later.');
    await page.goto(`/c/${await importConversation('To be edited', longTurns)}`);
    await page.getByText('Answer 39').waitFor();
    await page.getByLabel('Message', { exact: true }).press('ArrowUp');
    const editor = page.getByRole('textbox', { name: 'Edit and resend' });
    await editor.fill('Question 38, in other words');
    await expect.poll(async () => (await editor.boundingBox())?.y).toBeGreaterThan(0);
    await toBeginningAndBack(page);
    await page.getByText('Answer 39').waitFor();
    expect(await editor.inputValue()).toBe('Question 38, in other words');
    await page.getByRole('button', { name: 'Send again' }).click();
    await page.getByText('Later.').waitFor();
    expect(await editor.inputValue()).toBe('Question 38, in other words');
    await page.context().close();
  });

  it('begins at the message that was asked for, and goes to the end with what is said', async () => {
    const id = await importConversation('To be found', longTurns);
    const { messages } = conversationTreeSchema.parse((await client.get(`/api/conversations/${id}`)).body);
    const page = await open(`/c/${id}?message=${messages[4]?.id ?? ''}`);
    await page.getByText('Question 4', { exact: true }).waitFor();
    await page.getByLabel('Message', { exact: true }).fill('One more thing.');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('article', { name: 'Answer' }).and(page.locator('[aria-busy=true]')).waitFor();
    await page.getByRole('button', { name: 'Go to the end' }).waitFor({ state: 'detached' });
    await page.getByRole('article', { name: 'You' }).getByText('One more thing.').waitFor();
    await page.context().close();
  });

  it('keeps reasons that are half written when one scrolls away from them', async () => {
    const page = await open(`/c/${await importConversation('To be judged', longTurns)}`);
    const composer = page.getByLabel('Message', { exact: true });
    const comment = page.getByRole('textbox', { name: 'Comment' });
    await composer.fill('Go on.');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    const running = page.getByRole('article', { name: 'Answer' }).and(page.locator('[aria-busy=true]'));
    await running.locator('.prose').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    // Only then can it be judged; the last thumb before that is another answer's.
    await running.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Bad answer' }).last().click();
    await comment.fill('Too lo');
    await toBeginningAndBack(page);
    expect(await comment.inputValue()).toBe('Too lo');
    await page.getByRole('button', { name: 'Close' }).click();

    await composer.fill('And twice.');
    await page.getByRole('button', { name: 'Compare two answers' }).last().click();
    await page.getByRole('button', { name: 'Say why' }).last().click();
    await comment.fill('Both to');
    await toBeginningAndBack(page);
    expect(await comment.inputValue()).toBe('Both to');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.context().close();
  });

  it('keeps a conversation of ten thousand messages small on the page, from its end to its beginning', async () => {
    const turns = Array.from({ length: 10_000 }, (_, index) =>
      index % 2 === 0
        ? (['user', `Question ${index}`] as const)
        : (['assistant', `Answer **${index}**\n\n${'- a point\n'.repeat(index % 5)}`] as const),
    );
    const id = await importConversation('Ten thousand', turns);
    const page = await open(`/c/${id}`);
    await page.getByText('Answer 9999').waitFor({ timeout: 60_000 });
    expect(await page.getByRole('article').count()).toBeLessThan(60);
    await page.evaluate("document.querySelector('[role=log]').scrollTo(0, 0)");
    await page.getByText('Question 0', { exact: true }).waitFor();
    expect(await page.getByRole('article').count()).toBeLessThan(60);
    await page.getByRole('button', { name: 'Go to the end' }).click();
    await page.getByText('Answer 9999').waitFor();
    await page.context().close();
  });
});

async function toBeginningAndBack(page: Page): Promise<void> {
  await page.evaluate("document.querySelector('[role=log]').scrollTo(0, 0)");
  await page.getByText('Question 0', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Go to the end' }).click();
  await page.getByRole('button', { name: 'Go to the end' }).waitFor({ state: 'detached' });
}

/** Counts what scripts weigh on the wire. @returns tells the bytes so far */
async function weighScripts(page: Page): Promise<() => number> {
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('Network.enable');
  const scripts = new Set<string>();
  let bytes = 0;
  devTools.on('Network.responseReceived', ({ requestId, response }) => {
    if (response.mimeType.includes('javascript')) scripts.add(requestId);
  });
  devTools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength;
  });
  return () => bytes;
}

async function seriousFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(' ')} (${node.failureSummary ?? ''})`),
    );
}
