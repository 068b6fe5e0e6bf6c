import { describe, expect, it } from 'vitest';
import {
  leaveOne,
  planServingThreads,
  planSharedThreads,
  planThreads,
} from '../../common/llama/compute-threads.js';
import { countCores } from '../../common/machine/cores.js';

const large = { parameterCount: 1e9 };
const tiny = { parameterCount: 1e6 };

describe('the threads that compute', () => {
  it('are as many as the settings say, and as cores where they say nothing', () => {
    expect(planThreads(large, 3)).toBe(3);
    expect(planThreads(large, null)).toBe(countCores());
  });

  it('are one for a model whose layers take less time than meeting would', () => {
    expect([null, 8].map((wish) => planThreads(tiny, wish))).toEqual([1, 1]);
    expect(planServingThreads(tiny, 8)).toBe(1);
  });

  it('are all for answers where there are few cores, and leave one of many', () => {
    expect([1, 2, 4, 8, 16].map(leaveOne)).toEqual([1, 2, 4, 7, 15]);
    expect(planServingThreads(large, null)).toBe(leaveOne(countCores()));
  });

  it('are what the settings say for answers too, however many', () => {
    expect(planServingThreads(large, 16)).toBe(16);
  });

  it('leave a core to the chat beside it, where there is one to leave', () => {
    expect(planSharedThreads(null)).toBe(Math.max(1, countCores() - 1));
    expect(planSharedThreads(1)).toBe(1);
    expect(planSharedThreads(1024)).toBe(planSharedThreads(null));
  });
});
