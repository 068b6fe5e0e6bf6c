/**
 * The README's pictures: a chat as it really runs. Opt-in, since pictures differ from machine to machine: `ATTUNE_SCREENSHOTS=1`, with
 * `ATTUNE_TEST_SMOLLM2` the path of SmolLM2-135M-Instruct as GGUF, whose answers can be read.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { conversationSchema } from '../../common/contracts/conversations.js';
import { expectStatus, setUpAdmin, type ApiClient } from '../support/api-client.js';
import { launchBrowser, signedIn } from '../support/browser.js';
import { picturesWanted, takePicture } from '../support/pictures.js';
import { startStack, untilModelIsHere, type Stack } from '../support/stack.js';

const modelPath = process.env.ATTUNE_TEST_SMOLLM2;
const isWanted = picturesWanted && modelPath !== undefined;
const wide: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const phone: BrowserContextOptions = {
  viewport: { width: 360, height: 740 },
  hasTouch: true,
  isMobile: true,
};

describe.runIf(isWanted)('a chat with SmolLM2', () => {
  let stack: Stack;
  let browser: Browser;
  let client: ApiClient;
  let talk: string;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack({ model: `file:${modelPath}` }), launchBrowser()]);
    ({ client } = await setUpAdmin(stack.url, stack.databaseUrl));
    await client.patch('/api/me', { name: 'Ada Lovelace' });
    await untilModelIsHere(client);
  });
  afterAll(async () => {
    await browser.close();
    await stack[Symbol.asyncDispose]();
  });

  async function open(address: string, options: BrowserContextOptions): Promise<Page> {
    const page = await (await signedIn(browser, client, options)).newPage();
    await page.goto(address);
    await page.waitForLoadState('networkidle');
    return page;
  }
  async function take(page: Page, name: string): Promise<void> {
    await takePicture(page, name);
    await page.context().close();
  }
  const answerTo = async (page: Page, text: string) => {
    await page.getByLabel('Message', { exact: true }).fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
    const answer = page
      .locator('article[aria-busy=false]')
      .last()
      .getByText(/tokens\/s/);
    await answer.waitFor({ timeout: 120_000 });
  };

  it('is streamed, and can be read', async () => {
    const sampling = { temperature: 0.2, maxTokens: 180, seed: 1 };
    const body = { parameters: { modelVersionId: null, sampling } };
    talk = conversationSchema.parse(expectStatus(await client.post('/api/conversations', body), 201)).id;
    const page = await open(`/c/${talk}`, wide);
    await answerTo(page, 'Give me three tips for writing clearly, as a numbered list.');
    expect((await page.locator('article .prose').last().textContent())?.length).toBeGreaterThan(80);
    await take(page, 'chat');
  });

  it('shows what the model hesitated between', async () => {
    const sampling = { temperature: 0.7, maxTokens: 60, seed: 3 };
    const body = { parameters: { modelVersionId: null, sampling } };
    const { id } = conversationSchema.parse(expectStatus(await client.post('/api/conversations', body), 201));
    const page = await open(`/c/${id}`, { ...wide, colorScheme: 'dark' });
    await page.getByRole('button', { name: 'Token probabilities' }).click();
    await answerTo(page, 'What is the capital of France, and what is it known for?');
    await page.locator('[data-token="4"]').hover();
    await page.getByRole('tooltip').waitFor();
    await take(page, 'tokens');
  });

  it('fits a phone', async () => {
    await take(await open(`/c/${talk}`, phone), 'phone');
  });

  it('chooses among models', async () => {
    await take(await open('/admin/models', wide), 'models');
  });
});
