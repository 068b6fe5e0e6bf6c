/** Judges one version in a process of its own: by the trainer, by the server's side, and by what it answers. */
import { judgePairs } from '../runs/pair-judgement.js';
import { answerPrompts } from './answer-prompts.js';
import { serveLogProbs } from './served-log-probs.js';
import type { TaskOf, TaskReply } from './task.js';

/** @throws AppError what a run throws before its first step, and what llama.cpp refuses */
export async function judgeVersion(task: TaskOf<'judge'>): Promise<Extract<TaskReply, { type: 'judge' }>> {
  const { request, prompts, maxTokens } = task;
  const { modelPath, startAdapterPath: adapterPath, llamaDirectory } = request;
  const version = { modelPath, adapterPath, llamaDirectory };
  const { pairs, dropped, probes } = await judgePairs(request, new AbortController().signal);
  const served = await serveLogProbs(version, probes);
  const answers =
    prompts.length === 0
      ? []
      : await answerPrompts({ type: 'sample', ...version, prompts, maxTokens, temperature: 0 });
  return {
    type: 'judge',
    pairs,
    dropped,
    answers: answers.map(({ text }) => text),
    sides: {
      trainer: probes.flatMap(({ logProbs }) => logProbs),
      server: served.adapted,
      trainerBase: probes.flatMap(({ baseLogProbs }) => baseLogProbs),
      serverBase: served.base,
    },
  };
}
