/**
 * The classic recipe, twice around, from the page of rounds: what people chose becomes a reward model, the model answers and learns from what
 * that says of its answers, the gate and an admin let it go live, and the second round goes on from there.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { drawComparisons, tastes } from '../../models/generator/taste.js';
import { expectStatus } from '../support/api-client.js';
import { rateAnswers, ratedQuestions } from '../support/closing-taste.js';
import { RoundsPage } from '../support/rounds-page.js';

/** A round trains twice and judges once; on a machine that does much else that takes a while. */
const roundMs = 600_000;

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

const stage = (place: number) =>
  page.getByRole('listitem').filter({ has: page.getByLabel(`Run ${place}`, { exact: true }) });
const chip = (group: string, name: string) =>
  page.getByRole('group', { name: group }).getByRole('button', { name, exact: true });

/** What others of the same taste chose elsewhere. */
async function uploadComparisons(): Promise<void> {
  const lines = drawComparisons(tastes.question, 300, 'rounds').map(({ prompt, chosen, rejected }) =>
    JSON.stringify({
      prompt: [{ role: 'user', content: prompt }],
      chosen: [{ role: 'assistant', content: chosen }],
      rejected: [{ role: 'assistant', content: rejected }],
    }),
  );
  const query = 'name=Elsewhere&fileName=pairs.jsonl&format=trl-conversational';
  expectStatus(await rounds.client.sendFile(`/api/datasets/upload?${query}`, lines.join('\n')), 201);
}

describe('rounds with reinforcement learning', () => {
  it('are planned in stages, each with its settings, and the reward of one is what another makes', async () => {
    before = await rounds.shareLiked();
    expect(before).toBeLessThan(0.6);
    await rateAnswers(rounds.client, ratedQuestions);
    await uploadComparisons();

    await page.goto('/admin/rounds');
    await page.getByLabel('Held out (%)').fill('20');
    await chip('Together with', 'Elsewhere 1').click();
    await page.getByRole('button', { name: 'A reward model, then GRPO' }).click();
    await stage(1).getByText('Settings', { exact: true }).click();
    await stage(1).getByText('Advanced settings').click();
    await stage(1).getByLabel('Batch size').fill('16');
    await stage(1)
      .getByLabel(/^Learning rate\b(?! sched)/)
      .fill('0.002');

    // The order matters: a reward model that is made afterwards judges nothing.
    await stage(1).getByLabel('Run 1', { exact: true }).selectOption('sft');
    await stage(2).getByText('No run before this one makes a reward model').waitFor();
    expect(await page.getByRole('button', { name: 'Save plan' }).isDisabled()).toBe(true);
    await stage(1).getByLabel('Run 1', { exact: true }).selectOption('reward');
    await stage(1).getByLabel('Batch size').fill('16');
    await stage(1)
      .getByLabel(/^Learning rate\b(?! sched)/)
      .fill('0.002');
    await stage(2).getByText('What the last reward run before this one makes').waitFor();

    await stage(2).getByText('Choose where its prompts come from').waitFor();
    await chip('Prompts that it answers', 'Prompts of conversations').click();
    await stage(2).getByText('Settings', { exact: true }).click();
    await stage(2).getByText('Advanced settings').click();
    for (const [label, value] of [
      ['Longest answer', '48'],
      ['Passes over a rollout', '2'],
      ['Prompts computed together', '4'],
      ['Batches a step', '1'],
      ['Epochs', '4'],
      ['Step limit', '8'],
      ['Beta', '0.1'],
      ['Evaluate every', ''],
    ] as const)
      await stage(2).getByLabel(label).fill(value);
    await stage(2)
      .getByLabel(/^Learning rate\b(?! sched)/)
      .fill('0.002');
    await stage(2).getByLabel('Scale advantages by').selectOption('batch');
    await rounds.leaveSetsOut();
    expect(await rounds.findViolations()).toEqual([]);
    await page.getByRole('button', { name: 'Save plan' }).click();
    await page.getByText('The plan is saved.').waitFor();
  }, 240_000);

  it('train a reward model and learn from it, judge, wait for a yes, and answer as people liked it', async () => {
    await page.getByRole('button', { name: 'Begin a round' }).click();
    await rounds.station('Training').getByText('reward (1 of 2)').waitFor({ timeout: roundMs });
    await rounds.station('Training').getByText('grpo (2 of 2)').waitFor({ timeout: roundMs });
    await rounds.hub('waits for your yes').waitFor({ timeout: roundMs });
    await page.getByRole('button', { name: 'Yes, put it live' }).click();
    await rounds.hub('went live').waitFor({ timeout: 30_000 });
    await rounds
      .station('Live')
      .getByText(/-grpo$/)
      .waitFor();
    const after = await rounds.shareLiked();
    expect(after).toBeGreaterThan(0.7);
    expect(after).toBeGreaterThan(before + 0.3);
  }, 900_000);

  it('go on from there with a reward model of their own', async () => {
    await rateAnswers(rounds.client, ratedQuestions.slice(0, 4));
    await page.getByRole('button', { name: 'Begin a round' }).click();
    await rounds
      .history('Round 2')
      .getByText(/^from .*-grpo$/)
      .waitFor();
    const outcome = rounds.hub('waits for your yes').or(rounds.hub('was not proven better'));
    await outcome.waitFor({ timeout: roundMs });
    await rounds.history('Round 2').getByRole('link', { name: 'grpo', exact: true }).click();
    await page.getByText('succeeded', { exact: true }).waitFor();
    await page.getByText('Settings', { exact: true }).click();
    const reward = page.getByRole('row', { name: /^Reward 1/ });
    await reward.getByText(/-reward/).waitFor();
    expect(await rounds.shareLiked()).toBeGreaterThan(0.7);
    expect(rounds.faults).toEqual([]);
  }, 900_000);
});
