import { describe, expect, it } from 'vitest';
import type { StreamEntry } from '../../common/queue/generation-stream.js';
import { compareEntryIds, Follower } from '../../server/generations/follower.js';

const entry = (sequence: number): StreamEntry => ({
  entryId: `1-${sequence}`,
  event: { type: 'delta', offset: sequence, text: 'x' },
});
const entries = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => entry(from + index));
/** A stream that holds these entries, read by pages of at most `size`. */
const pagesOf = (stream: readonly StreamEntry[], size: number) => async (after: string) =>
  stream.filter(({ entryId }) => compareEntryIds(entryId, after) > 0).slice(0, size);

async function read(follower: Follower, count: number): Promise<string[]> {
  const ids = [];
  for (let index = 0; index < count; index++) ids.push((await follower.next())?.entryId ?? 'null');
  return ids;
}
const idsOf = (list: readonly StreamEntry[]) => list.map(({ entryId }) => entryId);

describe('a follower of a stream', () => {
  it('gets what is pushed, once, from where it stands', async () => {
    const follower = new Follower('1-2', pagesOf([], 10), { live: true });
    follower.push(entries(1, 4), '0-0');
    // The push began before where it stands: what lies between is not there twice.
    follower.push(entries(4, 5), '1-3');
    expect(await read(follower, 3)).toEqual(idsOf(entries(3, 5)));
  });

  it('reads the stream itself when it joins behind the others, then goes on with them', async () => {
    const stream = entries(1, 25);
    const follower = new Follower('0-0', pagesOf(stream, 10), { live: false });
    expect(await read(follower, 25)).toEqual(idsOf(stream));
    const next = follower.next();
    await new Promise((resolve) => setTimeout(resolve, 5));
    follower.push(entries(26, 26), '1-25');
    expect((await next)?.entryId).toBe('1-26');
  });

  it('holds a bounded number of entries, and loses none of those beyond', async () => {
    const stream = entries(1, 5000);
    const follower = new Follower('0-0', pagesOf(stream, 256), { live: true });
    for (let from = 1; from <= 5000; from += 100) follower.push(entries(from, from + 99), `1-${from - 1}`);
    expect(await read(follower, 5000)).toEqual(idsOf(stream));
  });

  it('fetches what lies between when a push begins after where it stands', async () => {
    const stream = entries(1, 9);
    const follower = new Follower('1-1', pagesOf(stream, 10), { live: true });
    follower.push(entries(6, 9), '1-5');
    expect(await read(follower, 8)).toEqual(idsOf(entries(2, 9)));
  });

  it('delivers what the stream still has before an end that was made from the row', async () => {
    const follower = new Follower('0-0', pagesOf(entries(1, 3), 10), { live: true });
    follower.endWith([entry(99)]);
    expect(await read(follower, 5)).toEqual(['1-1', '1-2', '1-3', '1-99', 'null']);
  });

  it('ends with the row when the stream cannot be read', async () => {
    const follower = new Follower('0-0', () => new Promise(() => undefined), { live: true });
    follower.endWith([entry(99)]);
    expect((await follower.next())?.entryId).toBe('1-99');
  });

  it('stops waiting when it is closed', async () => {
    const follower = new Follower('0-0', pagesOf([], 10), { live: true });
    const next = follower.next();
    follower.close();
    expect(await next).toBeNull();
  });
});
