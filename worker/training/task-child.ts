/** The process of one task: a model that does not fit, or a file that makes ggml abort, ends this process alone. Ends with its parent. */
import { AppError } from '../../common/contracts/errors.js';
import { measureRun } from '../runs/measure-run.js';
import { answerPrompts } from './answer-prompts.js';
import { judgeVersion } from './judge-version.js';
import { taskSchema, type Task, type TaskReply } from './task.js';

process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {});
process.on('message', (message) => void reply(taskSchema.parse(message)));

async function reply(task: Task): Promise<void> {
  const answer = await perform(task).catch((error: unknown): TaskReply => {
    const told =
      error instanceof AppError ? error : new AppError('RUN_TASK_CRASHED', { how: String(error) }, error);
    return { type: 'failed', error: told.toBody() };
  });
  // llama.cpp's threads would keep the process.
  process.send?.(answer, () => process.exit());
}

async function perform(task: Task): Promise<TaskReply> {
  const { signal } = new AbortController();
  if (task.type === 'sample') return { type: 'sample', answers: await answerPrompts(task) };
  if (task.type === 'judge') return judgeVersion(task);
  return { type: 'estimate', estimate: await measureRun(task.request, signal) };
}
