import { describe, expect, it, vi } from 'vitest';
import { Turnstile } from '../../server/platform/turnstile.js';

/** Work that is done when the test says so. */
function opened() {
  const doors = new Map<number, () => void>();
  const begun: number[] = [];
  return {
    begun,
    work: (id: number) => () =>
      new Promise<number>((resolve) => {
        begun.push(id);
        doors.set(id, () => resolve(id));
      }),
    finish: async (id: number) => {
      doors.get(id)?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('a turnstile', () => {
  it('lets so many in at a time, in their order, and gives each its own result', async () => {
    const turnstile = new Turnstile(2, 60_000);
    const { begun, work, finish } = opened();
    const passing = [0, 1, 2, 3].map((id) => turnstile.pass(work(id)));
    expect(begun).toEqual([0, 1]);
    await finish(1);
    expect(begun).toEqual([0, 1, 2]);
    await finish(0);
    expect(begun).toEqual([0, 1, 2, 3]);
    await finish(2);
    await finish(3);
    expect(await Promise.all(passing)).toEqual([0, 1, 2, 3]);
  });

  it('lets the next in after one that failed', async () => {
    const turnstile = new Turnstile(1, 60_000);
    const failed = turnstile.pass(() => Promise.reject(new Error('no')));
    const next = turnstile.pass(() => Promise.resolve('in'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('in');
  });

  it('holds nobody up for longer than its patience', async () => {
    vi.useFakeTimers();
    try {
      const turnstile = new Turnstile(1, 100);
      void turnstile.pass(() => new Promise(() => undefined));
      const next = turnstile.pass(() => Promise.resolve('in'));
      await vi.advanceTimersByTimeAsync(99);
      expect(vi.getTimerCount()).toBe(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(await next).toBe('in');
    } finally {
      vi.useRealTimers();
    }
  });
});
