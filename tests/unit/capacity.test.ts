import { describe, expect, it } from 'vitest';
import { planCacheBytes, planCaches } from '../../worker/inference/capacity.js';

describe('the memory of the caches', () => {
  const memory = { machineBytes: 1600, gpuFreeBytes: 100 };

  it('is a sixteenth of the machine’s without a GPU, and half of what is free on one', () => {
    expect(planCacheBytes(0, memory)).toBe(100);
    expect(planCacheBytes(1, memory)).toBe(50);
  });

  it('is what the fuller side can hold of its share where a model is split', () => {
    expect(planCacheBytes(3 / 4, memory)).toBeCloseTo(50 / 0.75);
    expect(planCacheBytes(1 / 4, memory)).toBeCloseTo(100 / 0.75);
  });
});

describe('the slots', () => {
  const model = { contextTokens: 4096, cacheBytesPerToken: 1 };

  it('are sixteen of the usual context where they fit, fewer and then shorter where not', () => {
    expect(planCaches(model, 16 * 4096)).toMatchObject({ slots: 16, contextTokens: 4096 });
    expect(planCaches(model, 10 * 4096)).toMatchObject({ slots: 10, contextTokens: 4096 });
    expect(planCaches(model, 4 * 2048)).toMatchObject({ slots: 4, contextTokens: 2048 });
  });

  it('are longer where the model was trained for that and there is room', () => {
    const long = { ...model, contextTokens: 131_072 };
    expect(planCaches(long, 16 * 16_384)).toMatchObject({ slots: 16, contextTokens: 16_384 });
    expect(planCaches(long, 16 * 131_072)).toMatchObject({ slots: 16, contextTokens: 32_768 });
  });
});
