import { describe, expect, it } from 'vitest';
import {
  cohenKappa,
  fleissKappa,
  krippendorffAlpha,
  measureAgreement,
  tally,
} from '../../server/rating-queues/agreement.js';

describe('agreement', () => {
  it('gives Krippendorff’s alpha of his own example, with judgements missing', () => {
    // Krippendorff 2011, section C: four observers, twelve units, nominal: 0.743.
    const observers = [
      [1, 2, 3, 3, 2, 1, 4, 1, 2, null, null, null],
      [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, null, 3],
      [null, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, null],
      [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, null],
    ];
    const units = observers[0]?.map((_, unit) => observers.flatMap((said) => said[unit] ?? [])) ?? [];
    const tallies = units.filter(({ length }) => length > 1).map((said) => tally(said.map(String)));
    expect(krippendorffAlpha(tallies)).toBeCloseTo(0.743, 3);
  });

  it('gives Fleiss’ kappa of the table that is worked through everywhere', () => {
    // Ten subjects, fourteen raters, five categories: 0.210.
    const table = [
      [0, 0, 0, 0, 14],
      [0, 2, 6, 4, 2],
      [0, 0, 3, 5, 6],
      [0, 3, 9, 2, 0],
      [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0],
      [3, 2, 6, 3, 0],
      [2, 5, 3, 2, 2],
      [6, 5, 2, 1, 0],
      [0, 2, 2, 3, 7],
    ];
    const tallies = table.map((counts) =>
      tally(counts.flatMap((count, category) => Array.from({ length: count }, () => String(category)))),
    );
    expect(fleissKappa(tallies)).toBeCloseTo(0.21, 3);
  });

  it('gives Cohen’s kappa of two readers: 20 yes and 15 no together, 5 and 10 apart', () => {
    const repeat = (count: number, pair: [string, string]) => Array.from({ length: count }, () => pair);
    const both = [
      ...repeat(20, ['yes', 'yes']),
      ...repeat(5, ['yes', 'no']),
      ...repeat(10, ['no', 'yes']),
      ...repeat(15, ['no', 'no']),
    ];
    expect(cohenKappa(both)).toBeCloseTo(0.4, 10);
  });

  it('is null where nothing could differ, and names every two raters who met', () => {
    const said = (raterId: string, outcomes: Record<string, string>) =>
      Object.entries(outcomes).map(([pairId, outcome]) => ({ pairId, raterId, raterName: raterId, outcome }));
    expect(measureAgreement([...said('ann', { p: 'tie' }), ...said('ben', { p: 'tie' })])).toEqual({
      pairs: 1,
      alpha: null,
      fleissKappa: null,
      raters: [{ first: 'ann', second: 'ben', pairs: 1, same: 1, cohenKappa: null }],
    });
    const three = measureAgreement([
      ...said('ann', { p: 'first', q: 'second' }),
      ...said('ben', { p: 'first', q: 'second' }),
      ...said('cat', { r: 'first' }),
    ]);
    expect(three).toMatchObject({ pairs: 2, alpha: 1, fleissKappa: 1 });
    expect(three.raters.map(({ first, second }) => `${first} ${second}`)).toEqual(['ann ben']);
    expect(measureAgreement([])).toEqual({ pairs: 0, alpha: null, fleissKappa: null, raters: [] });
    expect([krippendorffAlpha([]), fleissKappa([]), cohenKappa([])]).toEqual([null, null, null]);
  });
});
