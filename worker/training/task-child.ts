/** The process of one task: a model that does not fit, or a file that makes ggml abort, ends this process alone. Ends with its parent. */
import { AppError } from '../../common/contracts/errors.js';
import { measureRun } from '../runs/measure-run.js';
import { answerPrompts } from './answer-prompts.js';
import { judgeVersion } from './judge-version.js';
import { readLogProbs } from './read-log-probs.js';
import { RewardScorer } from '../runs/reward-scorer.js';
import { taskSchema, type TaskOf, type Task, type TaskReply } from './task.js';

process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {});
process.on('message', (message) => void reply(taskSchema.parse(message)));

async function reply(task: TaskOf<Task['type']>): Promise<void> {
  const answer = await perform(task).catch((error: unknown): TaskReply => {
    const told =
      error instanceof AppError ? error : new AppError('RUN_TASK_CRASHED', { how: String(error) }, error);
    return { type: 'failed', error: told.toBody() };
  });
  // llama.cpp's threads would keep the process.
  process.send?.(answer, () => process.exit());
}

async function perform(task: TaskOf<Task['type']>): Promise<TaskReply> {
  const { signal } = new AbortController();
  if (task.type === 'sample') return { type: 'sample', answers: await answerPrompts(task) };
  if (task.type === 'judge') return judgeVersion(task);
  if (task.type === 'log_probs')
    return { type: 'log_probs', answers: await readLogProbs(task.request, signal) };
  if (task.type === 'score') {
    using scorer = await RewardScorer.open(task.source);
    return { type: 'score', scores: await scorer.score(task.prompts, { signal }) };
  }
  return { type: 'estimate', estimate: await measureRun(task.request, signal) };
}
