import { expect, it } from 'vitest';
import { Patience } from '../../worker/training/patience.js';

it('starts a process again as long as the run gets further than it ever was', () => {
  const patience = new Patience();
  for (let step = 1; step < 50; step += 10) {
    patience.reach(step);
    expect(patience.allowsAnother()).toBe(true);
  }
});

it('gives up on a process that always dies at the same step, whatever it does again before', () => {
  const patience = new Patience();
  const die = () => {
    for (let step = 1; step <= 4; step++) patience.reach(step);
    return patience.allowsAnother();
  };
  expect([die(), die(), die()]).toEqual([true, true, false]);
});

it('gives up on a process that never does a step', () => {
  const patience = new Patience();
  expect([1, 2, 3].map(() => patience.allowsAnother())).toEqual([true, true, false]);
});
