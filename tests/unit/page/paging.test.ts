/** Lists that grow page by page show nothing twice, whatever is pressed and whatever moves meanwhile. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OwnFeedbackList } from '../../../web/src/lib/feedback/own-feedback.svelte.js';
import { Review } from '../../../web/src/lib/review/review.svelte.js';

const asked: string[] = [];
const pageOf = (...ids: number[]) => ids.map((id) => ({ id: String(id) }));
const count = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const idsOf = (list: { items: readonly { id: string }[] }) => list.items.map(({ id }) => Number(id));

function answerWith(toBody: (path: string) => unknown): void {
  vi.stubGlobal('fetch', (path: string) => {
    asked.push(path);
    return Promise.resolve(new Response(JSON.stringify(toBody(path))));
  });
}

beforeEach(() => {
  asked.length = 0;
  return () => vi.unstubAllGlobals();
});

describe('one’s own feedback', () => {
  it('is asked for once however often one asks, and again after a failure', async () => {
    const list = new OwnFeedbackList();
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('offline')));
    await expect(list.loadMore()).rejects.toMatchObject({ code: 'PAGE_OFFLINE' });
    answerWith(() => pageOf(...count(0, 30)));
    await Promise.all([list.loadMore(), list.loadMore()]);
    expect(asked).toHaveLength(1);
    expect(idsOf(list)).toEqual(count(0, 30));
  });

  it('holds an act once that has moved to the next page', async () => {
    const list = new OwnFeedbackList();
    answerWith((path) => pageOf(...(path.endsWith('offset=0') ? count(0, 30) : count(29, 40))));
    await list.loadMore();
    await list.loadMore();
    expect(idsOf(list)).toEqual(count(0, 40));
  });

  it('goes on to the end, however many acts came elsewhere and whatever was taken back', async () => {
    const list = new OwnFeedbackList();
    const all = pageOf(...count(0, 70));
    answerWith((path) => {
      const offset = Number(new URL(path, 'http://here').searchParams.get('offset'));
      return all.slice(offset, offset + 30);
    });
    await list.loadMore();
    all.unshift(...pageOf(...count(100, 130)));
    await list.loadMore();
    expect(idsOf(list)).toEqual(count(0, 30));
    const [first] = list.items;
    if (first) await list.takeBack(first);
    all.splice(30, 1);
    await list.loadMore();
    await list.loadMore();
    expect(idsOf(list)).toEqual(count(1, 70));
    expect(list.hasMore).toBe(false);
  });
});

describe('everybody’s feedback', () => {
  it('is asked for once however often one asks', async () => {
    const review = new Review();
    answerWith((path) => {
      if (path.includes('summary')) return {};
      return path.includes('cursor')
        ? { items: pageOf(2, 3), nextCursor: null }
        : { items: pageOf(0, 1), nextCursor: 'next' };
    });
    await review.select({});
    asked.length = 0;
    await Promise.all([review.loadMore(), review.loadMore()]);
    expect(asked).toHaveLength(1);
    expect(idsOf(review)).toEqual([0, 1, 2, 3]);
    expect(review.hasMore).toBe(false);
  });
});
