/** One phase of training: draws batches, steps, reports, and saves where it stands. */
import type { TrainableModel } from '../../worker/nn/trainable-model.js';
import { createRandom } from '../random.js';
import type { Vocabulary } from '../tokenizer/vocabulary.js';
import { drawExample } from './examples.js';
import { packBatch, type PackedBatch } from './packing.js';
import { learningRateAt, type PhaseRecipe, type Recipe } from './recipe.js';

export interface StepReport {
  phase: PhaseRecipe['name'];
  /** Steps done, this one included. */
  step: number;
  /** Mean over the step's targets, nats. */
  loss: number;
  /** Share of targets that were the likeliest token. */
  accuracy: number;
  gradNorm: number;
  learningRate: number;
  tokens: number;
  seconds: number;
}

export interface PhaseOptions {
  recipe: Recipe;
  phase: PhaseRecipe;
  vocabulary: Vocabulary;
  /** Steps that are done already. */
  from: number;
  signal?: AbortSignal;
  onStep(report: StepReport): void | Promise<void>;
}

/** Answers are half of a conversation at most, so fewer places than tokens need the LM head. */
const targetShare = { everything: 1, answers: 0.625 } as const;

/**
 * @throws AppError `TRAINING_CANCELLED` when the signal fires
 * @throws RangeError when the gradients are no longer finite
 */
export async function trainPhase(model: TrainableModel, options: PhaseOptions): Promise<void> {
  const { phase, from, onStep } = options;
  for (let step = from; step < phase.steps; step += 1) {
    const started = performance.now();
    const result = await takeStep(model, options, step);
    await onStep({
      ...result,
      phase: phase.name,
      step: step + 1,
      seconds: (performance.now() - started) / 1000,
    });
  }
}

/** The batch of a step depends on seed, phase and step alone, so that a resumed build sees the same data. */
export function drawBatch({ recipe, phase, vocabulary }: PhaseOptions, step: number): PackedBatch {
  const random = createRandom(`${recipe.seed}/${phase.name}/${step}`);
  const { rowCount, rowLength } = phase;
  const targetLimit = Math.round(rowCount * rowLength * targetShare[phase.learns]);
  return packBatch(() => drawExample(phase, vocabulary, random), { rowCount, rowLength, targetLimit });
}

async function takeStep(
  model: TrainableModel,
  options: PhaseOptions,
  step: number,
): Promise<Omit<StepReport, 'phase' | 'step' | 'seconds'>> {
  const { recipe, phase, signal } = options;
  const { batch, targetCount } = drawBatch(options, step);
  const { logProbs, correct } = await model.forward(batch, { signal });
  const cotangents = new Float32Array(logProbs.length).fill(-1 / targetCount, 0, targetCount);
  await model.backward({ logProbs: cotangents }, signal);
  const learningRate = learningRateAt(phase, step);
  const { gradNorm, applied } = await model.update({
    learningRate,
    maxGradNorm: recipe.maxGradNorm,
    weightDecay: recipe.weightDecay,
    beta2: recipe.beta2,
  });
  if (!applied) throw new RangeError(`gradients are not finite at step ${step + 1} of ${phase.name}`);
  const counted = { logProbs: logProbs.subarray(0, targetCount), correct: correct.subarray(0, targetCount) };
  return {
    loss: -counted.logProbs.reduce((sum, value) => sum + value, 0) / targetCount,
    accuracy: counted.correct.reduce((sum, value) => sum + value, 0) / targetCount,
    gradNorm,
    learningRate,
    tokens: batch.segments.reduce((count, segment) => count + (segment < 0 ? 0 : 1), 0),
  };
}
