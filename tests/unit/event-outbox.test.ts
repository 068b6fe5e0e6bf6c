import type { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { GenerationEvent } from '../../common/contracts/generation.js';
import { EventOutbox } from '../../worker/inference/event-outbox.js';

/** Only what appending needs: keeps what was sent, one batch per round trip, and answers when told to. */
function fakeRedis() {
  const batches: GenerationEvent[][] = [];
  const answers: (() => void)[] = [];
  const multi = () => {
    const events: GenerationEvent[] = [];
    return {
      xadd: (_key: string, _id: string, _field: string, text: string) => events.push(JSON.parse(text)),
      expire: () => undefined,
      exec: () => {
        batches.push(events);
        return new Promise<unknown[]>((resolve) => answers.push(() => resolve([])));
      },
    };
  };
  return { redis: { multi } as unknown as Redis, batches, answers };
}
const delta = (offset: number, text: string): GenerationEvent => ({ type: 'delta', offset, text });
const soon = () => new Promise((resolve) => setTimeout(resolve, 15));

describe('the outbox of events', () => {
  afterEach(() => vi.useRealTimers());

  it('gathers text for longer, the more answers there are; first text and ends leave at once', async () => {
    vi.useFakeTimers();
    const { redis, batches, answers } = fakeRedis();
    const outbox = new EventOutbox(redis, () => undefined);
    const ids = Array.from({ length: 8 }, (_, index) => `answer ${index}`);
    const all = async (event: GenerationEvent) => {
      for (const id of ids) outbox.add(id, event);
      await vi.advanceTimersByTimeAsync(2);
      answers.at(-1)?.();
      await vi.advanceTimersByTimeAsync(0);
    };
    await all(delta(0, 'a'));
    await all(delta(1, 'b'));
    await all(delta(2, 'c'));
    expect(batches).toHaveLength(1);
    outbox.add('one more', delta(0, 'x'));
    await vi.advanceTimersByTimeAsync(2);
    answers.at(-1)?.();
    expect(batches).toHaveLength(2);
    expect(batches[1]).toEqual([...ids.map(() => delta(1, 'bc')), delta(0, 'x')]);
    await all(delta(3, 'd'));
    expect(batches).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(100);
    expect(batches[2]).toEqual(ids.map(() => delta(3, 'd')));
  });

  it('tells that an answer was started together with its first text, or by itself where that takes long', async () => {
    vi.useFakeTimers();
    const { redis, batches, answers } = fakeRedis();
    const outbox = new EventOutbox(redis, () => undefined);
    const started: GenerationEvent = {
      type: 'started',
      context: { promptTokens: 9, contextTokens: 64, droppedTurns: 0 },
    };
    outbox.add('a', started);
    await vi.advanceTimersByTimeAsync(50);
    outbox.add('b', started);
    outbox.add('a', delta(0, 'soon'));
    await vi.advanceTimersByTimeAsync(2);
    expect(batches).toEqual([[started, started, delta(0, 'soon')]]);
    answers[0]?.();
    outbox.add('c', started);
    await vi.advanceTimersByTimeAsync(90);
    expect(batches).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(20);
    expect(batches[1]).toEqual([started]);
  });

  it('shows each token of one answer', async () => {
    vi.useFakeTimers();
    const { redis, batches, answers } = fakeRedis();
    const outbox = new EventOutbox(redis, () => undefined);
    for (const [offset, text] of [...'abc'].entries()) {
      outbox.add('a', delta(offset, text));
      await vi.advanceTimersByTimeAsync(2);
      answers.at(-1)?.();
      await vi.advanceTimersByTimeAsync(8);
    }
    expect(batches).toEqual([[delta(0, 'a')], [delta(1, 'b')], [delta(2, 'c')]]);
  });

  it('gathers what came while the last sending was under way, each answer by itself', async () => {
    const { redis, batches, answers } = fakeRedis();
    const outbox = new EventOutbox(redis, () => undefined);
    outbox.add('a', delta(0, 'one'));
    await soon();
    outbox.add('a', delta(3, ' two'));
    outbox.add('b', delta(0, 'x'));
    outbox.add('a', delta(7, ' three'));
    await soon();
    expect(batches).toEqual([[delta(0, 'one')]]);
    answers[0]?.();
    await soon();
    expect(batches[1]).toEqual([delta(3, ' two three'), delta(0, 'x')]);
  });

  it('keeps text that does not follow on, and what ends an answer, apart', async () => {
    const { redis, batches } = fakeRedis();
    const outbox = new EventOutbox(redis, () => undefined);
    const failed: GenerationEvent = { type: 'failed', code: 'X', message: 'y' };
    for (const event of [delta(5, 'end'), delta(0, 'whole'), failed, delta(5, 'z')]) outbox.add('a', event);
    await soon();
    expect(batches[0]).toEqual([delta(5, 'end'), delta(0, 'whole'), failed, delta(5, 'z')]);
  });

  it('flushes all that waits', async () => {
    const { redis, batches, answers } = fakeRedis();
    const outbox = new EventOutbox(redis, () => undefined);
    outbox.add('a', delta(0, 'text'));
    const flushed = outbox.flush();
    answers[0]?.();
    await flushed;
    expect(batches).toHaveLength(1);
  });
});
