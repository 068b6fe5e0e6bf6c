import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunningAnswer } from '../../worker/inference/loop/running-answer.js';
import { Slot } from '../../worker/inference/loop/slot.js';

/** A slot whose answer was asked for half a second ago, with two tokens of its prompt cached. */
function waiting(tokens: number[]): Slot {
  vi.spyOn(performance, 'now').mockReturnValue(2000);
  const answer = { sequence: [1, 2, 3, 4], cachedTokens: 2, arrivedAt: 1500 };
  return Object.assign(new Slot(0), { tokens, answer: answer as unknown as RunningAnswer });
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('how long a slot has waited', () => {
  it('counts from when its answer was asked for, until more than its cache is read', () => {
    expect(waiting([1, 2]).waitedMs).toBe(500);
    expect(waiting([1, 2, 3]).waitedMs).toBe(0);
  });

  it('is nothing where nobody waits', () => {
    expect(new Slot(0).waitedMs).toBe(0);
  });
});
