/** What is measured of one kind of step, and how: the trainer of the product, on given ids. */
import { z } from 'zod';
import { runConfigSchemas } from '../common/contracts/runs.js';
import { layOut } from '../worker/data/layout.js';
import { Device, type DeviceOptions } from '../worker/engine/device.js';
import { openModel } from '../worker/nn/open-model.js';
import type { ModelInfo } from '../worker/nn/trainable-model.js';
import { computeReference } from '../worker/runs/reference.js';
import { Trainer } from '../worker/runs/trainer.js';
import { toMicroBatches } from '../worker/runs/units.js';
import { forgetPeakMemory, peakMemoryMb } from './peak-memory.js';
import { plainTexts, promptedPairs, type TrainingRows } from './training-rows.js';

/** The first step warms up and does not count. */
export const measuredSteps = 4;

export const measuredStepSchema = z.object({
  /** Of each step, in order. */
  seconds: z.array(z.number()),
  /** Of all threads together: what the step costs, whoever else uses the machine. */
  cpuSeconds: z.array(z.number()),
  peakMb: z.number(),
  firstLoss: z.number(),
  /** Multiplications and additions of the matrix products with weights; null where others computed. */
  billionOperations: z.number().nullable().default(null),
  /** Of what computed, by package; empty for ours. */
  versions: z.record(z.string(), z.string()).default({}),
});
export type MeasuredStep = z.infer<typeof measuredStepSchema>;

export interface TrainingCase {
  title: string;
  kind: 'sft' | 'dpo';
  make: (vocabularySize: number) => TrainingRows;
}

export const trainingCases = [
  {
    title: 'SFT, 4 x 256, every token a target',
    kind: 'sft',
    make: (vocabularySize) => plainTexts(4, 256, vocabularySize),
  },
  {
    title: 'DPO, 4 pairs of 256 + 2 x 64, reference log-probs computed before',
    kind: 'dpo',
    make: (vocabularySize) => promptedPairs(4, { prompt: 256, answer: 64 }, vocabularySize),
  },
] as const satisfies readonly TrainingCase[];

export async function measureStep(
  modelPath: string,
  { kind, make }: TrainingCase,
  options: DeviceOptions,
): Promise<MeasuredStep> {
  using device = await Device.open(options);
  const freeBefore = device.availableBytes;
  using model = await openModel(modelPath, options);
  const { items } = make(model.info.vocabularySize);
  const trainer = new Trainer(kind, runConfigSchemas[kind].parse({ kind }), model);
  const { signal } = new AbortController();
  const batches = [items.map((_, index) => index)];
  const asked = { adapterScale: 0, batches, signal, onBatch: () => {} } as const;
  const refLogProbs = trainer.usesReference ? await computeReference(model, items, asked) : [];
  const microBatches = [...toMicroBatches(kind, { items, refLogProbs }, batches)];
  const { batch } = layOut(items, { scores: false, logProbs: true });

  const measured = { seconds: [] as number[], cpuSeconds: [] as number[], losses: [] as number[] };
  forgetPeakMemory();
  for (let step = 0; step < measuredSteps; step++) {
    const [start, cpuStart] = [performance.now(), process.cpuUsage()];
    const { loss } = await trainer.accumulate(microBatches, { signal });
    await model.update({ learningRate: 1e-4 });
    const { user, system } = process.cpuUsage(cpuStart);
    measured.seconds.push((performance.now() - start) / 1000);
    measured.cpuSeconds.push((user + system) / 1e6);
    measured.losses.push(loss);
  }
  return measuredStepSchema.parse({
    seconds: measured.seconds,
    cpuSeconds: measured.cpuSeconds,
    // A GPU's memory is taken once and kept while the model is open.
    peakMb: device.isCpu ? peakMemoryMb() : (freeBefore - device.availableBytes) / 2 ** 20,
    firstLoss: measured.losses[0],
    billionOperations: countOperations(model.info, batch.tokens.length, batch.targets.rows.length) / 1e9,
  });
}

/** Forward and the gradient by the input: two products a weight, two operations each; the head over its targets alone. */
function countOperations(info: ModelInfo, tokens: number, targets: number): number {
  const headParameters = info.vocabularySize * info.width;
  return 4 * ((info.parameterCount - headParameters) * tokens + headParameters * targets);
}
