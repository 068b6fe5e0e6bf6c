import { describe, expect, it } from 'vitest';
import { ParkedCaches } from '../../worker/inference/loop/parked-caches.js';

const range = (length: number) => Array.from({ length }, (_, i) => i);

async function park(tokens: number, windowTokens?: number): Promise<ParkedCaches> {
  const caches = new ParkedCaches({ memoryBytes: 100, diskBytes: 0, folder: null }, windowTokens);
  await caches.park(range(tokens), null, new Uint8Array(1));
  return caches;
}

describe('parked caches', () => {
  it('bring back the beginning that a prompt shares with them', async () => {
    expect((await park(100)).longestPrefix(range(50), null)).toBe(49);
    expect((await park(100)).longestPrefix(range(200), null)).toBe(100);
  });

  it('that are longer than the window of the model come back as a whole or not at all', async () => {
    const caches = await park(100, 99);
    expect(caches.longestPrefix(range(50), null)).toBe(0);
    expect(await caches.take(range(50), null)).toBeNull();
    expect(caches.longestPrefix(range(200), null)).toBe(100);
    expect((await park(100, 100)).longestPrefix(range(50), null)).toBe(49);
  });
});
