/** Has a task done by a process of its own, with the lowest priority: it is never what somebody waits for most. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AppError } from '../../common/contracts/errors.js';
import type { StartMeter } from '../metering/process-meter.js';
import { makeNice } from './give-way.js';
import { taskReplySchema, type Task, type TaskReply } from './task.js';

type ReplyOf<T extends Task['type']> = Extract<TaskReply, { type: T }>;

export interface TaskOptions {
  /** Ends the process at once. */
  signal: AbortSignal;
  niceness: number;
  /** Counts what the process computes. */
  meter: StartMeter;
}

/**
 * @throws AppError what the task met; `RUN_TASK_CRASHED` when its process ended without a word
 */
export async function askTask<T extends Task['type']>(
  task: Extract<Task, { type: T }>,
  { signal, niceness, meter }: TaskOptions,
): Promise<ReplyOf<T>> {
  signal.throwIfAborted();
  const child = fork(fileURLToPath(new URL('./task-child.js', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  let reply: TaskReply | null = null;
  child.on('message', (message) => (reply = toReply(message)));
  const end = () => child.kill('SIGKILL');
  signal.addEventListener('abort', end, { once: true });
  if (child.pid !== undefined) makeNice(child.pid, niceness);
  await using _meter = child.pid === undefined ? null : meter(child.pid);
  child.send(task, () => {});
  const [code, killedBy]: unknown[] = await once(child, 'close');
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
  return toResult(task.type, reply, String(killedBy ?? `exit code ${String(code)}`));
}

/** Thrown in a listener, what cannot be read would end this process. */
function toReply(message: unknown): TaskReply {
  const { data, error } = taskReplySchema.safeParse(message);
  if (data) return data;
  const how = `an answer that cannot be read: ${z.prettifyError(error)}`;
  return { type: 'failed', error: new AppError('RUN_TASK_CRASHED', { how }).toBody() };
}

function toResult<T extends Task['type']>(type: T, reply: TaskReply | null, how: string): ReplyOf<T> {
  if (reply?.type === 'failed') throw AppError.restore(reply.error);
  if (reply?.type !== type) throw new AppError('RUN_TASK_CRASHED', { how });
  return reply as ReplyOf<T>;
}
