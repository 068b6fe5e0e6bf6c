/**
 * The circle, twice around, from its own page: feedback of a scripted rater, a plan, and two rounds of which the second starts from what
 * the first put live.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { furtherQuestions, rateAnswers, ratedQuestions } from '../support/closing-taste.js';
import { takePicture } from '../support/pictures.js';
import { RoundsPage } from '../support/rounds-page.js';

/** A round freezes, trains for some 130 steps, and judges. */
const roundMs = 240_000;

let rounds: RoundsPage;
let page: Page;
let before = 0;

beforeAll(async () => {
  rounds = await RoundsPage.open();
  page = rounds.page;
});
afterAll(async () => {
  await rounds[Symbol.asyncDispose]();
});

describe('rounds', () => {
  it('begin with feedback and a plan', async () => {
    before = await rounds.shareLiked();
    expect(before).toBeLessThan(0.6);
    // So many that enough prompts are held out for the gate to be sure whatever the model draws.
    await rateAnswers(rounds.client, [...ratedQuestions, ...furtherQuestions]);

    await page.goto('/');
    await page.getByRole('button', { name: 'Learning', exact: true }).click();
    await page.getByRole('link', { name: 'Rounds' }).click();
    await page.getByText('No round has been gone yet.').waitFor();
    await rounds.station('Feedback').getByText(/new$/).waitFor();
    await page.getByLabel('Held out (%)').fill('40');
    await page.getByText('These, in order').click();
    await page.getByText('Settings', { exact: true }).click();
    await page.getByText('Advanced settings').click();
    await page.getByLabel('Batch size').fill('4');
    await page.getByLabel(/^Learning rate\b(?! sched)/).fill('0.0005');
    await page.getByLabel('Epochs').fill('12');
    await rounds.leaveSetsOut();
    await page.getByRole('button', { name: 'Save plan' }).click();
    await page.getByText('The plan is saved.').waitFor();
    expect(await rounds.findViolations()).toEqual([]);
  }, 240_000);

  it('train, judge, and wait for a yes; then the chat answers as people liked it', async () => {
    await page.getByRole('button', { name: 'Begin a round' }).click();
    await rounds.hub('is under way').waitFor();
    await rounds
      .station('Training')
      .getByText(/step \d+ of \d+/)
      .waitFor({ timeout: roundMs });
    await rounds.hub('waits for your yes').waitFor({ timeout: roundMs });
    expect(await rounds.findViolations()).toEqual([]);
    await page.getByRole('button', { name: 'Yes, put it live' }).click();
    await rounds.hub('went live').waitFor({ timeout: 30_000 });
    await rounds.station('Live').getByText(/-dpo$/).waitFor();
    await rounds.history('Round 1').getByText('live', { exact: true }).waitFor();
    await page.reload();
    await rounds.hub('went live').waitFor();
    await takePicture(page, 'rounds');
    const after = await rounds.shareLiked();
    expect(after).toBeGreaterThan(0.7);
    expect(after).toBeGreaterThan(before + 0.3);
  }, 300_000);

  it('go on from there, and lead back to what each was made of', async () => {
    await rateAnswers(rounds.client, ratedQuestions.slice(0, 4));
    await page.getByRole('button', { name: 'Begin a round' }).click();
    await rounds.hub('is under way').waitFor();
    await rounds
      .history('Round 2')
      .getByText(/^from .*-dpo$/)
      .waitFor();
    const outcome = rounds.hub('waits for your yes').or(rounds.hub('was not proven better'));
    await outcome.waitFor({ timeout: roundMs });
    await page.getByRole('button', { name: 'Round 1' }).click();
    await rounds.hub('went live').waitFor();
    await rounds.history('Round 1').getByRole('link', { name: 'dpo', exact: true }).click();
    await page.getByText('succeeded', { exact: true }).waitFor();
    expect(await rounds.shareLiked()).toBeGreaterThan(0.7);
  }, 300_000);

  it('are drawn for a phone, in Chinese', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto('/admin/rounds');
    await page.getByRole('heading', { name: 'Round 2' }).waitFor();
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(360);
    await rounds.client.patch('/api/me', { locale: 'zh' });
    await page.reload();
    await page.getByRole('heading', { name: '第 2 轮' }).waitFor();
    expect(await rounds.findViolations()).toEqual([]);
    expect(rounds.faults).toEqual([]);
  });
});
