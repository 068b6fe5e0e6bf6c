/** Starts a run in a process of its own and follows it to its end, whatever that is. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AppError } from '../../common/contracts/errors.js';
import { runEventSchema, type RunEvent } from '../../common/contracts/run-events.js';
import type { RunRequest } from '../runs/run-request.js';
import type { ChildMessage } from './child-messages.js';

/** How a run ended. */
export type RunOutcome = Extract<RunEvent, { type: 'finished' | 'cancelled' | 'failed' }>;

export interface RunInChildOptions {
  /** Told the process's id as soon as there is one. */
  onSpawn?(pid: number): void;
  onEvent(event: RunEvent): void;
  /** Ends the run within one step, leaving a checkpoint. */
  signal: AbortSignal;
}

/** The end of what a process said last; more says no more. */
const STDERR_KEPT = 4000;
/** A run that does not answer a cancellation is stuck in a step; its last checkpoint stays. */
const CANCEL_TIMEOUT_MS = 120_000;

/** @returns the event that ended the run; a process that dies without one has `failed` with `RUN_CRASHED` */
export async function runInChild(
  request: RunRequest,
  { onSpawn, onEvent, signal }: RunInChildOptions,
): Promise<RunOutcome> {
  const child = fork(fileURLToPath(new URL('./run-child.js', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  if (child.pid !== undefined) onSpawn?.(child.pid);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-STDERR_KEPT);
  });
  let step = 0;
  let outcome: RunOutcome | null = null;
  const hear = (event: RunEvent) => {
    if (event.type === 'step') ({ step } = event);
    if (isOutcome(event)) outcome = event;
    onEvent(event);
  };
  child.on('message', (message) => {
    const { data, error } = runEventSchema.safeParse(message);
    if (data && !outcome) hear(data);
    if (!error) return;
    // Thrown in a listener, it would end this process, whose successor would take the same run up again.
    child.kill('SIGKILL');
    if (!outcome) hear(crashed(step, 'an event that cannot be read', z.prettifyError(error)));
  });
  const stopWatching = cancelWith(child, signal);
  send(child, { type: 'start', request });
  const [code, killedBy]: unknown[] = await once(child, 'close');
  stopWatching();
  if (outcome) return outcome;
  const how = typeof killedBy === 'string' ? `signal ${killedBy}` : `exit code ${String(code)}`;
  const died = crashed(step, how, lastWords(stderr));
  onEvent(died);
  return died;
}

const crashed = (step: number, how: string, stderr: string): RunOutcome => ({
  type: 'failed',
  step,
  error: new AppError('RUN_CRASHED', { step, how, stderr }).toBody(),
});

function cancelWith(child: ChildProcess, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const cancel = () => {
    send(child, { type: 'cancel' });
    timer = setTimeout(() => child.kill('SIGKILL'), CANCEL_TIMEOUT_MS);
  };
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  return () => {
    signal.removeEventListener('abort', cancel);
    clearTimeout(timer);
  };
}

function send(child: ChildProcess, message: ChildMessage): void {
  // A child that is gone already is told by its exit.
  if (child.connected) child.send(message, () => {});
}

function isOutcome(event: RunEvent): event is RunOutcome {
  return event.type === 'finished' || event.type === 'cancelled' || event.type === 'failed';
}

const lastWords = (stderr: string) => stderr.trim() || 'it said nothing';
