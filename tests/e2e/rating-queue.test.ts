/** A raters' queue in real browsers: an admin makes it, two raters fill it by key, and the admin sees what came of it. */
import { AxeBuilder } from '@axe-core/playwright';
import { Client } from 'pg';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectStatus, invite, setUpAdmin, type Person } from '../support/api-client.js';
import { launchBrowser, signedIn, watchFaults } from '../support/browser.js';
import { startServer, type RunningServer } from '../support/programs.js';
import { registerScriptedVersion } from '../support/scripted-version.js';
import { registerScriptedModel, ScriptedWorker } from '../support/scripted-worker.js';
import { createTestDatabase, createTestRedis } from '../support/services.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const better = 'They do. Do you want to hear one?';
const worse = 'They do, as far as I know.';

let server: RunningServer;
let worker: ScriptedWorker;
let browser: Browser;
let admin: Person;
let candidate: string;
const folder = temporaryFolder();
const releases: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
  releases.push(
    () => database.drop(),
    () => redis.release(),
  );
  const services = { databaseUrl: database.url, redisUrl: redis.url, dataDir: folder('data') };
  [server, browser] = await Promise.all([startServer(services), launchBrowser()]);
  const liveId = await registerScriptedModel(database.url);
  const db = new Client({ connectionString: database.url });
  await db.connect();
  const candidateId = await registerScriptedVersion(db, liveId);
  await db.end();
  candidate = `scripted-${candidateId}`;
  worker = await ScriptedWorker.start(services, async (answer) => {
    await answer.say(answer.row.modelVersionId === candidateId ? better : worse);
    await answer.end();
  });
  admin = await setUpAdmin(server.url, database.url);
  const rows = Array.from({ length: 6 }, (_, index) =>
    JSON.stringify({ prompt: `Do whales sing ${index}?`, chosen: 'Yes.', rejected: 'No.' }),
  );
  const path =
    '/api/datasets/upload?name=whales&fileName=w.jsonl&format=trl-conversational&heldOutFraction=0.5';
  expectStatus(await admin.client.sendFile(path, rows.join('\n')), 201);
});
afterAll(async () => {
  await browser.close();
  await worker[Symbol.asyncDispose]();
  await server.stop();
  for (const release of releases) await release();
});

/** Opens a path as somebody. @returns the page, and what went wrong in it unseen */
async function open(person: Person, path: string, options: BrowserContextOptions = {}) {
  const page = await (await signedIn(browser, person.client, options)).newPage();
  const faults = watchFaults(page);
  await page.goto(path);
  return { page, faults };
}

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
}

/** The key of the side that the better answer stands on. */
async function keyOfBetter(page: Page): Promise<'1' | '2'> {
  const left = await page.getByRole('article', { name: 'Left answer' }).innerText();
  return left.includes(better) ? '1' : '2';
}

const waitFor = (page: Page, waiting: number, judged: number) =>
  page.getByText(`${waiting} to judge · ${judged} judged so far`).waitFor({ timeout: 20_000 });

describe('a raters’ queue', () => {
  it('is made by an admin, filled by two raters with keys, and read by the admin', async () => {
    const { page, faults } = await open(admin, '/admin/ratings');
    await page.getByLabel('Name', { exact: true }).fill('Whales, blind');
    await page.getByLabel('Raters per pair').fill('2');
    await page.getByRole('button', { name: 'Start' }).click();
    const card = page.getByRole('listitem', { name: 'Whales, blind' });
    await card.getByText('3 of 3 answered').waitFor({ timeout: 30_000 });
    await card.getByText('0, 6 more wanted').waitFor();

    const raters = [
      await open(await invite(admin, 'rater'), '/rate'),
      await open(await invite(admin, 'rater'), '/rate'),
    ];
    for (const { page: rate } of raters) await waitFor(rate, 3, 0);
    for (let judged = 0; judged < 3; judged++)
      for (const { page: rate } of raters) {
        expect(await rate.locator('main').innerText()).not.toContain('scripted');
        await rate.keyboard.press(judged === 2 ? '0' : await keyOfBetter(rate));
        await waitFor(rate, 2 - judged, judged + 1);
      }
    for (const { page: rate, faults: unseen } of raters) {
      await rate.getByText('There is nothing to judge now.').waitFor();
      expect(unseen).toEqual([]);
    }

    await page.reload();
    await card.getByText('6, 0 more wanted').waitFor();
    await card.getByText(`${candidate} wins`).waitFor();
    // Of pairs: what two raters say of one is one vote.
    await card.getByText('83% (2.5 of 3)').waitFor();
    await card.getByText('Krippendorff’s α 1').waitFor();
    await card.getByText('Raters two by two').click();
    await card.getByRole('columnheader', { name: 'Cohen’s κ' }).waitFor();
    await expectAccessible(page);
    await card.getByRole('button', { name: 'Close' }).click();
    await card.getByText('closed').waitFor();
    expect(faults).toEqual([]);
  });

  it('speaks Chinese, on a phone, and is not there for others', async () => {
    const rater = await invite(admin, 'rater');
    expectStatus(await rater.client.patch('/api/me', { locale: 'zh' }), 200);
    const { page: queues } = await open(admin, '/admin/ratings');
    await queues.getByRole('button', { name: 'Open again' }).click();
    await queues.getByRole('button', { name: 'One more rater per pair' }).click();
    await queues.getByText('6, 3 more wanted').waitFor();
    const { page, faults } = await open(rater, '/rate', { viewport: { width: 360, height: 740 } });
    await page.getByRole('button', { name: /^左边/ }).click();
    await page.getByText('待评判 2 对 · 已评判 1 对').waitFor();
    await page.getByRole('button', { name: '跳过' }).click();
    await page.getByText('待评判 1 对 · 已评判 1 对').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await expectAccessible(page);
    expect(faults).toEqual([]);

    const { page: other } = await open(await invite(admin, 'user'), '/rate');
    await other.getByRole('heading').first().waitFor();
    expect(await other.getByText('Rate answers').count()).toBe(0);
  });
});
