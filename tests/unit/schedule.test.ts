import { describe, expect, it } from 'vitest';
import { learningRateAt, type Schedule } from '../../worker/engine/schedule.js';

const schedule = (kind: Schedule['kind'], warmupUpdates = 0): Schedule => ({
  kind,
  peak: 2,
  warmupUpdates,
  totalUpdates: 10,
});

describe('a schedule', () => {
  it('falls linearly to nothing', () => {
    expect([0, 5, 9, 10].map((update) => learningRateAt(schedule('linear'), update))).toEqual([
      2,
      1,
      2 * (1 - 0.9),
      0,
    ]);
  });

  it('falls along a cosine', () => {
    expect(learningRateAt(schedule('cosine'), 0)).toBe(2);
    expect(learningRateAt(schedule('cosine'), 5)).toBeCloseTo(1);
    expect(learningRateAt(schedule('cosine'), 10)).toBeCloseTo(0);
  });

  it('stays when it is constant', () => {
    expect(learningRateAt(schedule('constant'), 9)).toBe(2);
  });

  it('warms up from nothing and then begins to fall', () => {
    const rates = [0, 1, 2, 6].map((update) => learningRateAt(schedule('linear', 2), update));
    expect(rates).toEqual([0, 1, 2, 1]);
  });

  it('does not go below nothing after its end', () => {
    expect(learningRateAt(schedule('linear'), 99)).toBe(0);
  });
});
