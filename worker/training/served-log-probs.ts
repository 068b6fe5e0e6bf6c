/** The server's side of a version: log-probs as its context computes them, step by step as it answers, for given token ids. */
import { AppError } from '../../common/contracts/errors.js';
import type { LlamaContext } from '../../common/llama/context.js';
import { LlamaModel } from '../../common/llama/model.js';
import { logSumExp } from '../inference/loop/token-log-probs.js';
import type { Probe } from '../runs/pair-judgement.js';

export interface ServedVersion {
  modelPath: string;
  adapterPath: string | null;
  llamaDirectory: string | null;
}

/** @returns log-probs of each probe's answer, nats: with the adapter, and of the base alone */
export async function serveLogProbs(
  { modelPath, adapterPath, llamaDirectory }: ServedVersion,
  probes: readonly Probe[],
): Promise<{ adapted: number[]; base: number[] }> {
  using model = await LlamaModel.open(modelPath, {
    gpu: 'off',
    ...(llamaDirectory !== null && { directory: llamaDirectory }),
  });
  const longest = Math.max(1, ...probes.map(({ tokens }) => tokens.length));
  using context = model.createContext({
    contextTokens: longest,
    sequences: 1,
    batchTokens: longest,
    threads: 1,
    sharesCells: false,
  });
  const base = await readAll(context, probes);
  if (adapterPath === null) return { adapted: base, base };
  context.useAdapter(await model.openAdapter(adapterPath));
  return { adapted: await readAll(context, probes), base };
}

async function readAll(context: LlamaContext, probes: readonly Probe[]): Promise<number[]> {
  const logProbs: number[] = [];
  for (const probe of probes) logProbs.push(...(await read(context, probe)));
  return logProbs;
}

async function read(context: LlamaContext, { tokens, start }: Probe): Promise<number[]> {
  context.clear();
  const logProbs: number[] = [];
  let [from, to] = [0, start];
  while (to < tokens.length) {
    context.batch.clear();
    let index = 0;
    for (let position = from; position < to; position++)
      index = context.batch.add(tokens[position] ?? 0, position, 0, position === to - 1);
    if ((await context.decode()) !== 'done')
      throw new AppError('ENGINE_COMPUTE_FAILED', { device: 'cpu', status: 'cache-full' });
    const logits = context.logits(index);
    logProbs.push((logits[tokens[to] ?? 0] ?? Number.NaN) - logSumExp(logits));
    [from, to] = [to, to + 1];
  }
  return logProbs;
}
