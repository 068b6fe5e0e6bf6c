import { layOut } from '../data/layout.js';
import { fitConfig } from '../runs/evaluation.js';
import { openRunModel } from '../runs/open-run-model.js';
import { prepareRun } from '../runs/prepare-run.js';
import type { RunRequest } from '../runs/run-request.js';

export interface AnswerLogProbs {
  /** Of the file, from 1. */
  line: number;
  /** [T] */
  logProbs: number[];
}

/**
 * What a version gives the answers of a file, token by token, as the trainer computes it.
 *
 * @param request  kind sft; `dataPath` has prompts with one answer each, `startAdapterPath` is the version
 * @returns log-probs by token, nats, each with the answer's line; the last is of the token that ends the turn. Answers that are too long
 *   for the model are left out
 * @throws AppError what a run throws before its first step
 */
export async function readLogProbs(request: RunRequest, signal: AbortSignal): Promise<AnswerLogProbs[]> {
  const fitted = await fitConfig(request);
  const { items } = (await prepareRun(fitted, signal)).train;
  using model = await openRunModel(fitted);
  const adapterScale = request.startAdapterPath === null ? 0 : 1;
  const answers: AnswerLogProbs[] = [];
  for (const item of items) {
    const { batch } = layOut([item], { scores: false, logProbs: true });
    const { logProbs } = await model.forward(batch, { adapterScale, gradients: false, signal });
    answers.push({ line: item.line, logProbs: [...logProbs] });
  }
  return answers;
}
