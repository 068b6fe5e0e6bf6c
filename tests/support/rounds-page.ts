/** The page of rounds, opened by an admin, above a house that serves and trains Attune GPT. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Locator, Page } from 'playwright-core';
import { repositoryRoot } from '../../common/config/repository.js';
import { answeredShare } from './answered-share.js';
import { setUpAdmin, type ApiClient } from './api-client.js';
import { launchBrowser, signedIn, watchFaults } from './browser.js';
import { judgedQuestions, likes } from './closing-taste.js';
import { startStack, untilModelIsHere, type Stack } from './stack.js';

const ownModel = path.join(repositoryRoot, 'models', 'attune-gpt.gguf');

export class RoundsPage implements AsyncDisposable {
  /** What the page printed to its console that it should not have. */
  readonly faults: string[];

  private constructor(
    private readonly stack: Stack,
    private readonly browser: Browser,
    readonly client: ApiClient,
    readonly page: Page,
  ) {
    this.faults = watchFaults(page);
  }

  /** @throws Error where the repository's own model is missing */
  static async open(): Promise<RoundsPage> {
    if (!existsSync(ownModel)) throw new Error(`${ownModel} is missing; npm run models:build makes it.`);
    const [stack, browser] = await Promise.all([
      startStack({ model: `file:${ownModel}`, trains: true }),
      launchBrowser(),
    ]);
    const { client } = await setUpAdmin(stack.url, stack.databaseUrl);
    await client.patch('/api/me', { trainingConsent: true });
    await untilModelIsHere(client);
    const page = await (await signedIn(browser, client)).newPage();
    return new RoundsPage(stack, browser, client, page);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await this.stack[Symbol.asyncDispose]();
  }

  /** The share of the live version's answers that the rater would like, 0 to 1. */
  shareLiked(): Promise<number> {
    return answeredShare(this.client, { prompts: judgedQuestions, each: 4, holds: likes });
  }

  /** What stands in the middle of the circle. */
  hub(text: string): Locator {
    return this.page.getByRole('status').filter({ hasText: text });
  }

  station(name: string): Locator {
    return this.page.getByRole('listitem').filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** A round's line in the table of earlier ones. */
  history(round: string): Locator {
    return this.page.getByRole('row').filter({ has: this.page.getByRole('button', { name: round }) });
  }

  /** A toy refuses nothing; what it says to the prompt sets is drawn, and is not what rounds are tested for. */
  async leaveSetsOut(): Promise<void> {
    const sets = this.page.getByRole('group', { name: 'Prompt sets that it must not do worse on' });
    const chosen = sets.getByRole('button', { pressed: true });
    await chosen.first().waitFor();
    while ((await chosen.count()) > 0) await chosen.first().click();
  }

  /** Faults of accessibility, each with where it is. */
  async findViolations(): Promise<string[]> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
    );
  }
}
