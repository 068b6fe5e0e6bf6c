/** From weighed answers to the batches that a trainer learns from: what teaches nothing is not computed again. */
import type { OnlineConfig } from '../../common/contracts/runs.js';
import type { Lesson, SampledUnit } from '../rlhf/algorithm.js';
import { onlineAlgorithmOf } from '../rlhf/index.js';
import type { MicroBatch } from '../runs/trainer.js';
import { toAnswerBatches, type Group } from './rollout.js';
import { importanceWeights, type Difference } from './sampler-difference.js';

export interface LessonBatchOptions {
  /** `[group][answer]` */
  lessons: readonly (readonly (Lesson | null)[])[];
  /** Of sampler and trainer, over the whole step. */
  difference: Difference;
}

type Settings = Pick<
  OnlineConfig,
  'kind' | 'batchSize' | 'importanceSamplingCap' | 'samplingDifferenceBound'
>;

export function toLessonBatches(
  { kind, batchSize: size, importanceSamplingCap: cap, samplingDifferenceBound }: Settings,
  groups: readonly Group[],
  { lessons, difference }: LessonBatchOptions,
): MicroBatch<SampledUnit>[] {
  const { reads, corrects } = onlineAlgorithmOf(kind);
  const isOff = difference.mean > samplingDifferenceBound;
  const includes = (group: number, answer: number) => (lessons[group]?.[answer] ?? null) !== null;
  return toAnswerBatches(groups, { reads, size, includes }).map(({ layout, places }) => ({
    layout,
    units: places.flatMap(({ group, answer, span }): SampledUnit[] => {
      const lesson = lessons[group]?.[answer];
      const judged = groups[group]?.judged[answer];
      const sampled = groups[group]?.answers[answer];
      if (!lesson || !judged || !sampled) return [];
      return [
        {
          answer: { ...span, refLogProb: Number.NaN },
          oldLogProbs: judged.logProbs,
          refLogProbs: judged.refLogProbs,
          oldValues: judged.values,
          importance: isOff
            ? importanceWeights(judged.logProbs, sampled.logProbs, { of: corrects, cap })
            : new Float32Array(judged.logProbs.length).fill(1),
          ...lesson,
        },
      ];
    }),
  }));
}
