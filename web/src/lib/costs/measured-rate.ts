/** How fast this installation's own runs computed, in the operations that the calculator reckons with. */
import type { RunCost } from '$contracts';
import { trainingFlops } from '$contracts/training-flops';

/** Kinds that do nothing but train; others also answer prompts, which the formula leaves out. */
const plainKinds: readonly string[] = ['sft', 'pretrain', 'reward', 'dpo', 'kto', 'orpo', 'simpo'];

/** @returns of the newest run that tells; null where none does */
export function measuredRate(runs: readonly RunCost[]): { runName: string; flopsPerSecond: number } | null {
  for (const { name, kind, parameters, trainedParameters, isFull, usesReference, tokens, use } of runs) {
    if (!plainKinds.includes(kind) || !parameters || tokens === 0 || use.computeSeconds === 0) continue;
    const adapterParameters = isFull ? null : (trainedParameters ?? 0);
    const flops = trainingFlops({ parameters, tokens, adapterParameters, usesReference });
    return { runName: name, flopsPerSecond: flops / use.computeSeconds };
  }
  return null;
}
