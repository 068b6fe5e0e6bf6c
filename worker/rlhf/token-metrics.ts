import { lengthOf, type Answer, type ModelOutputs } from './algorithm.js';
import type { MetricTally } from './metrics.js';

/** `entropy` and `mean_token_accuracy` over the given answers' target tokens. */
export function tallyTokens(tally: MetricTally, outputs: ModelOutputs, answers: Iterable<Answer>): void {
  let entropy = 0;
  let correct = 0;
  let count = 0;
  for (const answer of answers) {
    count += lengthOf(answer);
    for (let index = answer.start; index < answer.end; index++) {
      entropy += outputs.entropies[index] ?? 0;
      correct += outputs.correct[index] ?? 0;
    }
  }
  tally.addMean('entropy', entropy, count);
  tally.addMean('mean_token_accuracy', correct, count);
}
