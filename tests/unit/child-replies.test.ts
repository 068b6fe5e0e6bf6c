/** What the programs make of a child process that says what cannot be read, as a number that is none becomes null on its way, or that ends. */
import type * as ChildProcesses from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import type { ProcessMeter } from '../../worker/metering/process-meter.js';
import { runRequestSchema } from '../../worker/runs/run-request.js';
import { ResidentScorer } from '../../worker/scoring/resident-scorer.js';
import { askTask } from '../../worker/training/ask-task.js';
import { runInChild } from '../../worker/training/run-in-child.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const script = vi.hoisted(() => ({ path: '' }));
vi.mock('node:child_process', async (importOriginal) => {
  const original = await importOriginal<typeof ChildProcesses>();
  return {
    ...original,
    fork: (_: string, options: ChildProcesses.ForkOptions) => original.fork(script.path, options),
  };
});

/** Processes start slowly on a busy machine. */
vi.setConfig({ testTimeout: 60_000 });
const at = temporaryFolder();
const { signal } = new AbortController();

/** The next process answers its first message with these. */
function letChildSay(...messages: readonly object[]): void {
  script.path = at('child.mjs');
  const said = JSON.stringify(messages);
  writeFileSync(
    script.path,
    `process.once('message', () => ${said}.forEach((message) => process.send(message)));`,
  );
}

it('ends a run whose event cannot be read as one that crashed', async () => {
  letChildSay(
    { type: 'step', step: 3, totalSteps: 9, metrics: { loss: 1 } },
    { type: 'evaluated', step: 3, metrics: { eval_loss: null } },
  );
  const request = runRequestSchema.parse({
    config: { kind: 'sft' },
    modelPath: 'm',
    dataPath: 'd',
    outputPath: 'o',
  });
  const events: string[] = [];
  const outcome = await runInChild(request, { signal, onEvent: ({ type }) => events.push(type) });
  expect(outcome).toMatchObject({ type: 'failed', step: 3, error: { code: 'RUN_CRASHED' } });
  expect(outcome).toMatchObject({ error: { message: expect.stringContaining('eval_loss') as string } });
  expect(events).toEqual(['step', 'failed']);
});

it('fails a task whose answer cannot be read', async () => {
  letChildSay({ type: 'score', scores: [[null]] });
  const meter = () => ({ [Symbol.asyncDispose]: () => Promise.resolve() }) as ProcessMeter;
  const asked = askTask(
    { type: 'sample', modelPath: 'm', adapterPath: null, llamaDirectory: null, prompts: [], maxTokens: 1 },
    { signal, niceness: 19, meter },
  );
  await expect(asked).rejects.toMatchObject({ code: 'RUN_TASK_CRASHED' });
});

const source = { modelPath: 'm', adapterPath: 'a', gpu: 'off', llamaDirectory: null, threads: 1 } as const;

it('fails a question whose scores cannot be read', async () => {
  letChildSay({ type: 'scores', id: 1, scores: [[null]] });
  using scorer = new ResidentScorer();
  await expect(scorer.score(source, [])).rejects.toMatchObject({ code: 'REWARD_SCORER_CRASHED' });
});

it('asks a new process what comes after the end of the one before', async () => {
  letChildSay({ type: 'scores', id: 1, scores: [[1]] }, { type: 'scores', id: 2, scores: [[2]] });
  using scorer = new ResidentScorer();
  expect(await scorer.score(source, [])).toEqual([[1]]);
  // As after a while in which nobody asked; its end is heard of only later.
  scorer[Symbol.dispose]();
  expect(await scorer.score(source, [])).toEqual([[2]]);
});
