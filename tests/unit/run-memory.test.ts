import { describe, expect, it } from 'vitest';
import { runConfigSchema } from '../../common/contracts/runs.js';
import type { Item } from '../../worker/data/tokenise.js';
import { assertFits, largestShape, type RunMemory } from '../../worker/runs/memory.js';

const config = (settings: object = {}) => runConfigSchema.parse({ kind: 'sft', ...settings });
const gigabyte = 1e9;
const planOf = (model: number, activations: number, beside = 0): RunMemory => ({
  weights: model,
  training: 0,
  activations,
  beside,
  total: model + activations + beside,
  available: 10 * gigabyte,
});
const adviceOf = (plan: RunMemory, settings: object = {}, recomputeLayers = false): string => {
  try {
    assertFits(plan, 'a GPU', { config: config(settings), recomputeLayers });
  } catch (error) {
    const { code, details } = error as { code: string; details: { advice: string } };
    expect(code).toBe('RUN_OUT_OF_MEMORY');
    return details.advice;
  }
  return 'it fits';
};

describe('the advice to a run that does not fit', () => {
  it('names every setting that would help, and none that is used already', () => {
    const plan = planOf(2 * gigabyte, 20 * gigabyte);
    expect(adviceOf(plan, { batchSize: 8, maxLength: 512 })).toBe(
      'The run needs 22.0 GB, 10.0 GB are free. To change that, lower the batch size (8) and raise gradient accumulation as much; ' +
        'or recompute layers, which takes longer; or lower the longest example (512 tokens).',
    );
    const least = adviceOf(plan, { batchSize: 1 }, true);
    expect(least).not.toContain('batch size');
    expect(least).not.toContain('recompute');
  });

  it('speaks of the model where no batch would fit beside it', () => {
    expect(adviceOf(planOf(12 * gigabyte, 1), {})).toContain('choose a smaller one.');
    expect(adviceOf(planOf(12 * gigabyte, 1), { mode: 'full' })).toContain('train an adapter');
  });

  it('names what samples and gives rewards where that is a part of it', () => {
    const advice = adviceOf(planOf(2 * gigabyte, gigabyte, 8 * gigabyte));
    expect(advice).toContain(
      'take fewer reward models or shorter answers (8.0 GB are for sampling and rewards)',
    );
    expect(adviceOf(planOf(2 * gigabyte, 9 * gigabyte))).not.toContain('rewards');
  });

  it('is not given to a run that fits', () => {
    expect(adviceOf(planOf(4 * gigabyte, 6 * gigabyte))).toBe('it fits');
  });
});

describe('the largest batch', () => {
  it('is as large as every batch of the epoch in every dimension', () => {
    const item = (length: number, line: number): Item => ({
      line,
      sequences: [{ tokens: new Int32Array(length), targets: Int32Array.of(1, 2) }],
      margins: [],
      desirable: true,
    });
    const items = [40, 8, 8, 8, 8, 8].map((length, index) => item(length, index + 1));
    const shape = largestShape(items, config({ batchSize: 2, shuffle: false }));
    expect(shape.rowCount * shape.rowLength).toBeGreaterThanOrEqual(40);
    expect(shape).toMatchObject({ targetCount: 4, scoredCount: 0 });
  });
});
