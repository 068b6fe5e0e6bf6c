import os from 'node:os';
import { afterEach, expect, it, vi } from 'vitest';
import type { ProcessMeter } from '../../worker/metering/process-meter.js';
import { RunProcess } from '../../worker/training/run-process.js';

const meter = () => ({ [Symbol.asyncDispose]: () => Promise.resolve() }) as ProcessMeter;
const nobody = 2 ** 22 + 1;
afterEach(() => vi.restoreAllMocks());

it.each([
  ['share', [[nobody, 10]]],
  ['idle', []],
  ['pause', []],
] as const)('lowers the priority of a run only where both are to compute at once: %s', (sharing, asked) => {
  const setPriority = vi.spyOn(os, 'setPriority').mockReturnValue();
  new RunProcess(sharing, meter).own(nobody);
  expect(setPriority.mock.calls).toEqual(asked);
});

it('runs at the priority that it has where the system gives no other', () => {
  vi.spyOn(os, 'setPriority').mockImplementation(() => {
    throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
  });
  expect(() => new RunProcess('share', meter).own(nobody)).not.toThrow();
});
