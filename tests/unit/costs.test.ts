import { describe, expect, it } from 'vitest';
import { addUses, initialPrices, noUse, toCost, toHostedCost } from '../../common/contracts/costs.js';
import { trainingFlops } from '../../common/contracts/training-flops.js';
import { UseSession } from '../../worker/metering/use-session.js';

const prices = {
  ...initialPrices,
  perKilowattHour: 0.3,
  perMachineHour: 1.2,
  perPersonHour: 36,
  assumedWatts: 100,
  hostedPerMillionPromptTokens: 2,
  hostedPerMillionCompletionTokens: 8,
};

describe('the cost of a use', () => {
  it('adds energy, machine and people, as reckoned by hand', () => {
    // 720 kJ are 0.2 kWh; half an hour of a machine; ten minutes of somebody.
    const use = {
      ...noUse,
      computeSeconds: 1800,
      measuredSeconds: 1800,
      joules: 720_000,
      personSeconds: 600,
    };
    const cost = toCost(use, prices);
    expect(cost.kilowattHours).toBeCloseTo(0.2, 12);
    expect(cost.energy).toBeCloseTo(0.06, 12);
    expect(cost.machine).toBeCloseTo(0.6, 12);
    expect(cost.people).toBeCloseTo(6, 12);
    expect(cost.total).toBeCloseTo(6.66, 12);
    expect(cost.isAssumed).toBe(false);
  });

  it('takes the assumed power for what was not measured, and for that alone', () => {
    // 360 kJ measured in the first half hour; 1800 s at 100 W in the second are 180 kJ: 540 kJ are 0.15 kWh.
    const cost = toCost({ ...noUse, computeSeconds: 3600, measuredSeconds: 1800, joules: 360_000 }, prices);
    expect(cost.kilowattHours).toBeCloseTo(0.15, 12);
    expect(cost.isAssumed).toBe(true);
    expect(toCost({ ...noUse, computeSeconds: 3600 }, initialPrices).kilowattHours).toBe(0);
  });

  it('compares with a hosted API by its tokens', () => {
    // 1.5 million in at 2, and a quarter of a million out at 8.
    const use = { ...noUse, promptTokens: 1_500_000, cachedTokens: 1_000_000, completionTokens: 250_000 };
    expect(toHostedCost(use, prices)).toBeCloseTo(5, 12);
  });

  it('is the sum of the costs of its parts', () => {
    const parts = [
      { ...noUse, count: 1, computeSeconds: 10, personSeconds: 3 },
      { ...noUse, count: 2, computeSeconds: 20, measuredSeconds: 20, joules: 900 },
    ];
    const sum = addUses(parts);
    expect(sum).toMatchObject({ count: 3, computeSeconds: 30, measuredSeconds: 20, joules: 900 });
    const total = parts.reduce((costs, part) => costs + toCost(part, prices).total, 0);
    expect(toCost(sum, prices).total).toBeCloseTo(total, 12);
  });
});

describe('planned training', () => {
  const plan = { parameters: 1e9, tokens: 1e6, adapterParameters: null, usesReference: false };

  it('takes 6 N D, under an adapter 4 N D and the adapter’s 6, and 2 N D for a reference', () => {
    expect(trainingFlops(plan)).toBe(6e15);
    expect(trainingFlops({ ...plan, adapterParameters: 1e7 })).toBe(4.06e15);
    expect(trainingFlops({ ...plan, adapterParameters: 1e7, usesReference: true })).toBe(6.06e15);
  });
});

describe('a session of use', () => {
  const subject = { kind: 'answer', subjectId: 'a', userId: null } as const;
  const rowOf = (session: UseSession, day: string) => {
    const entry = session.toRow(day);
    entry?.written();
    return entry?.row;
  };

  it('writes its totals, and nothing when there is nothing new', () => {
    const session = new UseSession(subject);
    expect(session.toRow('2026-01-01')).toBeNull();
    session.add(1.5, null);
    session.add(2.5, 0.25);
    const row = { day: '2026-01-01', computedUs: 4000, measuredUs: 2500, energyMj: 250 };
    expect(rowOf(session, '2026-01-01')).toMatchObject(row);
    expect(session.toRow('2026-01-01')).toBeNull();
  });

  it('says the same again when a write failed, and all of it', () => {
    const session = new UseSession(subject);
    session.add(1, null);
    expect(session.toRow('2026-01-01')?.row.computedUs).toBe(1000);
    session.add(1, null);
    expect(rowOf(session, '2026-01-01')?.computedUs).toBe(2000);
  });

  it('begins a row with each day, and counts nothing in two of them', () => {
    const session = new UseSession(subject);
    session.add(1, null);
    expect(rowOf(session, '2026-01-01')).toMatchObject({ computedUs: 1000 });
    session.add(5, 1);
    session.addPromptTokens(7);
    const next = { day: '2026-01-02', computedUs: 5000, measuredUs: 5000, energyMj: 1000, promptTokens: 7 };
    expect(rowOf(session, '2026-01-02')).toMatchObject(next);
    session.add(1, null);
    expect(rowOf(session, '2026-01-02')).toMatchObject({ computedUs: 6000, measuredUs: 5000 });
  });
});
