/** A real Chromium, found by `CHROMIUM_PATH` (npm test sets it) or on the PATH. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from 'playwright-core';
import type { ApiClient } from './api-client.js';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: flags });
}

function findChromium(): string {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const files = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  const found = [process.env.CHROMIUM_PATH ?? '', ...files].find((file) => file !== '' && existsSync(file));
  if (!found) throw new Error('These tests need Chromium: install it, or set CHROMIUM_PATH.');
  return found;
}

/** A browser profile of one's own in which this person is signed in. */
export async function signedIn(
  browser: Browser,
  client: ApiClient,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({ baseURL: client.url, ...options });
  const [name = '', value = ''] = client.cookie.split('=');
  await context.addCookies([{ name, value, url: client.url }]);
  return context;
}

/** Has every message that the page, opened after this, sends into a chat refused, with this text. */
export async function refuseMessages(page: Page, message: string): Promise<void> {
  await page.routeWebSocket('**/ws', (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((data) => {
      const { id, type } = JSON.parse(String(data)) as { id: string; type: string };
      if (type !== 'chat.send') return server.send(data);
      const error = { code: 'SERVER_UNAVAILABLE', message, details: {}, retryable: true };
      socket.send(JSON.stringify({ type: 'error', id, error }));
    });
  });
}

const stillMs = 250;

/** Waits until it stands where it stood a moment ago: what moves between press and release is not clicked. */
export async function untilStill(locator: Locator): Promise<void> {
  for (let before = await locator.boundingBox(); ;) {
    await delay(stillMs);
    const now = await locator.boundingBox();
    if (isDeepStrictEqual(now, before)) return;
    before = now;
  }
}

/** Everything that went wrong in a page without anyone noticing: uncaught errors, and what the content policy blocked. */
export function watchFaults(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Uncaught/.test(message.text()))
      faults.push(message.text());
  });
  return faults;
}
