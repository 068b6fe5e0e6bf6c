import { describe, expect, it } from 'vitest';
import { aligned, smoothed } from '../../../web/src/lib/plot/series';

describe('smoothed', () => {
  const line = [1, 3, 5].map((y, x) => ({ x, y }));

  it('leaves a line alone at weight 0', () => {
    expect(smoothed(line, 0)).toEqual(line);
  });

  it('begins at the first value, and weighs by age', () => {
    const ys = smoothed(line, 0.5).map(({ y }) => y);
    expect(ys[0]).toBe(1);
    // (0.5 · 1 + 1 · 3) / 1.5 and (0.25 · 1 + 0.5 · 3 + 1 · 5) / 1.75
    expect(ys[1]).toBeCloseTo(3.5 / 1.5, 12);
    expect(ys[2]).toBeCloseTo(6.75 / 1.75, 12);
  });
});

describe('aligned', () => {
  it('puts lines with points at different places over one axis', () => {
    const a = [
      { x: 1, y: 10 },
      { x: 3, y: 30 },
    ];
    const b = [
      { x: 2, y: 2 },
      { x: 3, y: Number.NaN },
    ];
    expect(aligned([a, b])).toEqual([
      [1, 2, 3],
      [10, null, 30],
      [null, 2, null],
    ]);
  });

  it('draws nothing from nothing', () => {
    expect(aligned([])).toEqual([[]]);
    expect(aligned([[]])).toEqual([[], []]);
  });
});
