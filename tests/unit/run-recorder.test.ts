import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import type { RunEvent } from '../../common/contracts/run-events.js';
import { RunRecorder } from '../../worker/training/run-recorder.js';
import type { Recorded, RunStore } from '../../worker/training/run-store.js';

const step: RunEvent = { type: 'step', step: 1, totalSteps: 2, metrics: { loss: 1 } };
const sampled: RunEvent = { type: 'sampled', step: 1, samples: [{ prompt: 'Who?', answer: 'Me.' }] };

/** @returns what watchers were told of both events */
async function tell(recorded: Recorded): Promise<unknown[]> {
  const published: unknown[] = [];
  const redis = {
    status: 'ready',
    publish: (_channel: string, news: string) => {
      published.push((JSON.parse(news) as { event: RunEvent }).event);
      return Promise.resolve(0);
    },
  } as unknown as Redis;
  const store = { record: () => Promise.resolve(recorded) } as unknown as RunStore;
  const onLost = vi.fn();
  const taken = { row: { id: 'run', metrics: {} }, erasedRows: 0 };
  using recorder = new RunRecorder(taken, { store, redis, log: pino({ level: 'silent' }), onLost });
  recorder.take(step);
  recorder.take(sampled);
  await recorder.settle(AbortSignal.timeout(5000));
  expect(onLost).toHaveBeenCalledTimes(recorded === 'lost' ? 1 : 0);
  return published;
}

it('tells watchers of what was written down, and of nothing else', async () => {
  expect(await tell('whole')).toEqual([step, sampled]);
  expect(await tell('without-prompts')).toEqual([step]);
  expect(await tell('lost')).toEqual([]);
});
