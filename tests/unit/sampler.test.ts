import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import type { RunEvent } from '../../common/contracts/run-events.js';
import { runRequestSchema } from '../../worker/runs/run-request.js';
import { Sampler } from '../../worker/training/sampler.js';
import type { TaskOptions } from '../../worker/training/ask-task.js';

/** A model that thinks until it is told to stop. */
vi.mock(import('../../worker/training/ask-task.js'), () => ({
  askTask: (_task: unknown, { signal }: TaskOptions) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    }),
}));

it('lets what it hears be when the run is to stop', async () => {
  const stopping = new AbortController();
  const heard: RunEvent[] = [];
  await using sampler = new Sampler({
    request: runRequestSchema.parse({
      config: { kind: 'dpo' },
      modelPath: '',
      dataPath: '',
      outputPath: '/nowhere',
    }),
    prompts: [{ turns: [{ role: 'user', content: 'Why?' }], text: 'Why?' }],
    meter: () => {
      throw new Error('nothing is computed');
    },
    emit: (event) => heard.push(event),
    log: pino({ level: 'silent' }),
    signal: stopping.signal,
  });
  sampler.hearStart();
  const settled = sampler.settle();
  stopping.abort();
  await settled;
  expect(heard).toEqual([]);
});
