import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../common/contracts/generation.js';
import { EventOutbox } from '../../worker/inference/event-outbox.js';

/** Only what appending needs: keeps what was sent, one batch per round trip, and answers when told to. */
function fakeRedis() {
  const batches: GenerationEvent[][] = [];
  const answers: (() => void)[] = [];
  const pipeline = () => {
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
  return { redis: { pipeline } as unknown as Redis, batches, answers };
}
const delta = (offset: number, text: string): GenerationEvent => ({ type: 'delta', offset, text });
const soon = () => new Promise((resolve) => setTimeout(resolve, 15));

describe('the outbox of events', () => {
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
