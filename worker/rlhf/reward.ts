/**
 * Reward model: one score an answer, higher for what people preferred.
 *
 * Bradley-Terry likelihood as in Ouyang et al. 2022, arXiv:2203.02155, eq. 1: a ranking of K answers gives all C(K, 2) pairs, averaged, as
 * one element of the batch, so that no answer is overfitted by appearing in many elements. Margins as in Llama 2 (arXiv:2307.09288, eq.
 * 2); centring as in Eisenstein et al. 2023, arXiv:2312.09244, which TRL calls `center_rewards_coefficient`.
 */
import type { RunConfigOf } from '../../common/contracts/runs.js';
import type { Algorithm, RankingUnit } from './algorithm.js';
import { MetricTally } from './metrics.js';
import { logSigmoid, sigmoid } from './scalar-functions.js';

/** All pairs (better, worse) of K ranked answers, in the order (0,1), (0,2), ... (1,2), ... */
export function pairsOf(count: number): [better: number, worse: number][] {
  const pairs: [number, number][] = [];
  for (let better = 0; better < count; better++) {
    for (let worse = better + 1; worse < count; worse++) pairs.push([better, worse]);
  }
  return pairs;
}

/**
 * Loss of one ranking: low when better answers score higher.
 *
 * @param scores   [K], best answer first; K >= 2
 * @param margins  by how much each pair of `pairsOf(K)` should differ; empty for none
 * @param centering  weight c of (r+ + r-)^2; >= 0
 * @returns mean loss over the pairs, its derivative by each score [K], and the pairs' score differences
 * @source arXiv:2203.02155, eq. 1
 */
export function rankingLoss(
  scores: ArrayLike<number>,
  margins: readonly number[],
  centering: number,
): { loss: number; byScore: Float64Array; differences: number[] } {
  const pairs = pairsOf(scores.length);
  const byScore = new Float64Array(scores.length);
  const differences: number[] = [];
  let loss = 0;
  for (const [index, [better, worse]] of pairs.entries()) {
    const high = scores[better] ?? Number.NaN;
    const low = scores[worse] ?? Number.NaN;
    const lead = high - low - (margins[index] ?? 0);
    loss += (centering * (high + low) ** 2 - logSigmoid(lead)) / pairs.length;
    const byLead = -sigmoid(-lead) / pairs.length;
    const bySum = (2 * centering * (high + low)) / pairs.length;
    byScore[better] = (byScore[better] ?? 0) + byLead + bySum;
    byScore[worse] = (byScore[worse] ?? 0) - byLead + bySum;
    differences.push(high - low);
  }
  return { loss, byScore, differences };
}

export const reward: Algorithm<RunConfigOf<'reward'>, RankingUnit> = {
  usesReference: () => false,
  reads: 'score',
  sizeOf: () => 1,
  step(config, { units, outputs, total }) {
    const scoreCotangents = new Float32Array(outputs.scores.length);
    const metrics = new MetricTally();
    let loss = 0;
    for (const { answers, margins } of units) {
      const scores = answers.map((answer) => outputs.scores[answer.scored] ?? Number.NaN);
      const ranking = rankingLoss(scores, margins, config.centerRewardsCoefficient);
      loss += ranking.loss / total;
      for (const [index, answer] of answers.entries()) {
        const known = scoreCotangents[answer.scored] ?? 0;
        scoreCotangents[answer.scored] = known + (ranking.byScore[index] ?? 0) / total;
      }
      tallyRanking(metrics, scores, ranking.differences);
    }
    return { loss, scoreCotangents, metrics };
  },
};

/** A ranking counts once, whatever its K: its pairs' mean. */
function tallyRanking(metrics: MetricTally, scores: readonly number[], differences: readonly number[]): void {
  const right = differences.filter((difference) => difference > 0).length;
  const sum = differences.reduce((total, difference) => total + difference, 0);
  metrics.addMean('accuracy', right / differences.length);
  metrics.addMean('margin', sum / differences.length);
  for (const score of scores) {
    metrics.addMean('mean_reward', score);
    metrics.addMin('min_reward', score);
    metrics.addMax('max_reward', score);
  }
}
