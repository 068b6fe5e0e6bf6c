import type * as ChildProcesses from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import type { ProcessMeter } from '../../worker/metering/process-meter.js';
import { runRequestSchema } from '../../worker/runs/run-request.js';
import { SetJudge } from '../../worker/training/set-judge.js';
import type { SampledText } from '../../worker/training/task.js';
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
const request = (adapter: string) =>
  runRequestSchema.parse({
    config: { kind: 'dpo' },
    modelPath: 'm',
    dataPath: 'd',
    outputPath: '',
    startAdapterPath: adapter,
  });
const versions = { candidate: request('candidate'), live: request('live') };
const prompt = { turns: [{ role: 'user' as const, content: 'Well?' }], text: 'Well?' };

type LogProbs = readonly { line: number; logProbs: readonly number[] }[];

/** Processes that draw these answers, and give these log-probs to their tokens. */
function letChildrenSay(drawn: readonly SampledText[], of: Record<'candidate' | 'live', LogProbs>): void {
  script.path = at('child.mjs');
  writeFileSync(
    script.path,
    `process.once('message', ({ type, request }) => process.send(type === 'sample'
       ? { type, answers: ${JSON.stringify(drawn)} }
       : { type, answers: ${JSON.stringify(of)}[request.startAdapterPath] }));`,
  );
}

it('measures the distance of two versions on the tokens that were drawn, an end that was not drawn left out', async () => {
  const drawn = [
    { text: 'whole', ended: true },
    { text: 'cut', ended: false },
    { text: ' ', ended: true },
    { text: 'too long', ended: true },
    { text: 'whole again', ended: true },
  ];
  letChildrenSay(drawn, {
    candidate: [
      { line: 1, logProbs: [-1, -1] },
      { line: 2, logProbs: [-1, -9] },
      { line: 4, logProbs: [-1] },
    ],
    live: [
      { line: 1, logProbs: [-1, 0] },
      { line: 2, logProbs: [-1, 0] },
      { line: 4, logProbs: [0] },
    ],
  });
  const meter = () => ({ [Symbol.asyncDispose]: () => Promise.resolve() }) as ProcessMeter;
  const judge = new SetJudge({ signal: new AbortController().signal, niceness: 19, meter });
  const kl = await judge.measureKl(versions, Array(drawn.length).fill(prompt), {
    maxTokens: 8,
    file: at('answers.jsonl'),
  });
  // Of the three answers the first and the last differ in one token each, by one nat.
  expect(kl).toBeCloseTo((2 * (Math.E - 2)) / 3, 10);
});
