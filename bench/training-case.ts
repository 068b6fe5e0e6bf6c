/** What is measured of one kind of step, and how. */
import { z } from 'zod';
import type { DeviceOptions } from '../worker/engine/device.js';
import { openModel } from '../worker/nn/open-model.js';
import { plainRows, sharedPairs, type TrainingBatch } from './training-batches.js';

export const measuredStepSchema = z.object({
  tokensPerSecond: z.number(),
  secondsPerStep: z.number(),
  peakMb: z.number(),
  billionOperations: z.number(),
});
export type MeasuredStep = z.infer<typeof measuredStepSchema>;

export interface TrainingCase {
  title: string;
  make: (vocabularySize: number) => TrainingBatch;
}

export const trainingCases: Readonly<Record<string, TrainingCase>> = {
  sft: {
    title: 'SFT, 4 x 256, every token a target',
    make: (vocabularySize) => plainRows(4, 256, vocabularySize),
  },
  dpo: {
    title: 'DPO, 4 pairs of 256 + 2 x 64, shared prompt, cached reference',
    make: (vocabularySize) => sharedPairs(4, { prompt: 256, answer: 64 }, vocabularySize),
  },
};

/** One step to warm up, three that count. */
export async function measureStep(
  modelPath: string,
  { make }: TrainingCase,
  device: DeviceOptions,
): Promise<MeasuredStep> {
  using model = await openModel(modelPath, device);
  const { vocabularySize, width, parameterCount } = model.info;
  const { batch, plainTokenCount } = make(vocabularySize);
  const targetCount = batch.targets.rows.length;
  const seconds: number[] = [];
  for (let index = 0; index < 4; index++) {
    const start = performance.now();
    const { logProbs } = await model.forward(batch);
    await model.backward({ logProbs: logProbs.map(() => -1 / targetCount) });
    await model.update({ learningRate: 1e-4 });
    if (index > 0) seconds.push((performance.now() - start) / 1000);
  }
  const secondsPerStep = seconds.sort((a, b) => a - b)[1] ?? NaN;
  const headParameters = vocabularySize * width;
  // Forward and the gradient by the input: two products a weight, two operations each.
  const operations =
    4 * ((parameterCount - headParameters) * batch.tokens.length + headParameters * targetCount);
  return {
    tokensPerSecond: plainTokenCount / secondsPerStep,
    secondsPerStep,
    peakMb: process.resourceUsage().maxRSS / 1024,
    billionOperations: operations / 1e9,
  };
}
