import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { within } from '../../common/async/within.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());
const after = (ms: number) => new Promise<string>((resolve) => setTimeout(() => resolve('done'), ms));

it('gives what the work brings in time, and leaves no timer behind', async () => {
  const result = within(100, after(50), 'late');
  await vi.advanceTimersByTimeAsync(50);
  expect(await result).toBe('done');
  expect(vi.getTimerCount()).toBe(0);
});

it('gives the other where the work takes longer or fails', async () => {
  const result = within(100, after(150), 'late');
  await vi.advanceTimersByTimeAsync(100);
  expect(await result).toBe('late');
  expect(await within(100, Promise.reject(new Error('refused')), 'failed')).toBe('failed');
});

it('does not mind work that fails when it is no longer waited for', async () => {
  const failing = after(150).then(() => Promise.reject(new Error('too late to matter')));
  const result = within(100, failing, 'late');
  await vi.advanceTimersByTimeAsync(200);
  expect(await result).toBe('late');
});
