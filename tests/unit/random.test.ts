import { describe, expect, it } from 'vitest';
import { RandomNumbers } from '../../worker/engine/random.js';

const draw = (seed: number, count: number) => {
  const random = new RandomNumbers(seed);
  return Array.from({ length: count }, () => random.next());
};

describe('random numbers', () => {
  it('are the same for the same seed and others for another', () => {
    expect(draw(1, 5)).toEqual(draw(1, 5));
    expect(draw(1, 5)).not.toEqual(draw(2, 5));
  });

  it('are uniform within [0, 1)', () => {
    const numbers = draw(7, 20_000);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    expect(numbers.reduce((a, b) => a + b) / numbers.length).toBeCloseTo(0.5, 1);
    const lower = numbers.filter((x) => x < 0.25).length / numbers.length;
    expect(Math.abs(lower - 0.25)).toBeLessThan(0.015);
  });

  it('are normal when asked to be', () => {
    const random = new RandomNumbers(3);
    const numbers = Array.from({ length: 20_000 }, () => random.normal());
    const mean = numbers.reduce((a, b) => a + b) / numbers.length;
    const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });
});
