import { lengthOf, type Answer, type ModelOutputs, type PairUnit } from './algorithm.js';
import type { MetricTally } from './metrics.js';

/** `entropy` over the target tokens of the given answers. */
export function tallyEntropy(tally: MetricTally, outputs: ModelOutputs, answers: readonly Answer[]): void {
  tally.addMean('entropy', sumOver(outputs.entropies, answers), countTokens(answers));
}

/** `mean_token_accuracy`: the share of target tokens that were the likeliest. Of a pair TRL counts the chosen answer alone. */
export function tallyTokenAccuracy(
  tally: MetricTally,
  outputs: ModelOutputs,
  answers: readonly Answer[],
): void {
  tally.addMean('mean_token_accuracy', sumOver(outputs.correct, answers), countTokens(answers));
}

/** Both, for pairs. */
export function tallyPairTokens(tally: MetricTally, outputs: ModelOutputs, pairs: readonly PairUnit[]): void {
  tallyEntropy(
    tally,
    outputs,
    pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]),
  );
  tallyTokenAccuracy(
    tally,
    outputs,
    pairs.map(({ chosen }) => chosen),
  );
}

function sumOver(values: ArrayLike<number>, answers: readonly Answer[]): number {
  let sum = 0;
  for (const { start, end } of answers) {
    for (let index = start; index < end; index++) sum += values[index] ?? 0;
  }
  return sum;
}

const countTokens = (answers: readonly Answer[]) =>
  answers.reduce((sum, answer) => sum + lengthOf(answer), 0);
