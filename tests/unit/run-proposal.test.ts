import { describe, expect, it } from 'vitest';
import { proposeKtoWeights } from '../../common/contracts/kto-weights.js';
import type { DataCounts } from '../../common/contracts/datasets.js';
import { proposeRuns } from '../../common/contracts/run-proposal.js';
import { runConfigSchema } from '../../common/contracts/runs.js';

const counts = (train: Partial<Record<keyof DataCounts, number>>): DataCounts => {
  const of = (kind: keyof DataCounts) => ({ train: train[kind] ?? 0, held_out: 0 });
  return {
    sft: of('sft'),
    preference: of('preference'),
    kto: of('kto'),
    prompt: of('prompt'),
    text: of('text'),
  };
};

describe('proposeRuns', () => {
  it('goes by what there is most of', () => {
    const proposal = proposeRuns(counts({ preference: 30, kto: 200, sft: 10 }), {
      desirable: 120,
      undesirable: 80,
    });
    expect(proposal.kinds.map(({ kind }) => kind)).toEqual(['kto', 'dpo', 'reward', 'simpo', 'orpo', 'sft']);
  });

  it('prefers choices to thumbs, and both to examples, of equally many', () => {
    const proposal = proposeRuns(counts({ preference: 9, kto: 9, sft: 9 }), { desirable: 5, undesirable: 4 });
    expect(proposal.kinds.map(({ data }) => data)).toEqual([
      'preference',
      'preference',
      'preference',
      'preference',
      'kto',
      'sft',
    ]);
  });

  it('does not propose KTO for thumbs of one kind, and nothing for nothing', () => {
    expect(proposeRuns(counts({ kto: 50 }), { desirable: 50, undesirable: 0 }).kinds).toEqual([]);
    expect(proposeRuns(counts({}), null).kinds).toEqual([]);
  });

  it('proposes to let the model answer where there are prompts, after what says what is liked', () => {
    expect(
      proposeRuns(counts({ prompt: 500, kto: 3 }), { desirable: 2, undesirable: 1 }).kinds,
    ).toMatchObject([
      { kind: 'kto' },
      { kind: 'grpo', rows: 500, config: {} },
      { kind: 'rloo' },
      { kind: 'ppo' },
      { kind: 'best_of_n' },
    ]);
    expect(proposeRuns(counts({ prompt: 20 }), null).kinds[0]?.config).toEqual({
      gradientAccumulationSteps: 2,
    });
  });

  it('takes smaller batches of little data, within what the kind allows', () => {
    const [kto] = proposeRuns(counts({ kto: 12 }), { desirable: 6, undesirable: 6 }).kinds;
    expect(kto?.config).toMatchObject({ batchSize: 4 });
    for (const { kind, config } of proposeRuns(counts({ preference: 3, sft: 1, prompt: 1 }), null).kinds)
      expect(runConfigSchema.safeParse({ kind, ...config }).success).toBe(true);
  });
});

describe('proposeKtoWeights', () => {
  it.each([
    [70, 30, { desirableWeight: 1, undesirableWeight: 1.76 }],
    [30, 70, { desirableWeight: 2.34, undesirableWeight: 1 }],
    [50, 50, { desirableWeight: 1, undesirableWeight: 1 }],
    [60, 50, { desirableWeight: 1, undesirableWeight: 1 }],
  ])('%i up and %i down', (up, down, weights) => {
    expect(proposeKtoWeights(up, down)).toEqual(weights);
  });

  it('leaves both sides between 1:1 and 4:3', () => {
    for (const [up, down] of [
      [70, 30],
      [30, 70],
      [900, 11],
      [7, 5],
    ] as const) {
      const { desirableWeight, undesirableWeight } = proposeKtoWeights(up, down);
      const ratio = (desirableWeight * up) / (undesirableWeight * down);
      expect(ratio).toBeGreaterThanOrEqual(1);
      expect(ratio).toBeLessThanOrEqual(4 / 3 + 0.01);
    }
  });
});
