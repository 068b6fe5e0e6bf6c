import { expect, it } from 'vitest';
import { giveThumbSchema } from '../../../common/contracts/feedback';
import { JudgingClock } from '../../../web/src/lib/feedback/judging-clock';

it('counts no minute twice, whatever is there to be judged from the beginning', () => {
  let now = 0;
  const clock = new JudgingClock(() => now);
  const answers = ['a', 'b', 'c'];
  for (const id of answers) clock.see(id);
  const taken = answers.map((id) => {
    now += 60_000;
    clock.see(id);
    const duration = clock.measure(id);
    clock.restart();
    return duration;
  });
  expect(taken).toEqual([60_000, 60_000, 60_000]);
  // A reason for the last thumb.
  now += 5000;
  expect(clock.measure('c')).toBe(5000);
});

it('begins with an answer that came after the last act, and knows nothing of one that nobody saw', () => {
  let now = 0;
  const clock = new JudgingClock(() => now);
  clock.restart();
  now += 30_000;
  clock.see('late');
  now += 2000;
  expect([clock.measure('late'), clock.measure('unseen')]).toEqual([2000, null]);
});

it('measures no longer than the server takes, however long the tab has been open', () => {
  let now = 0;
  const clock = new JudgingClock(() => now);
  clock.see('a');
  now += 3 * 86_400_000;
  expect(giveThumbSchema.safeParse({ value: 'up', durationMs: clock.measure('a') }).success).toBe(true);
});
