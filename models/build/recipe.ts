/** Everything that decides what comes out: the same recipe gives the same model on the same libraries. */
import type { StyleRates } from '../generator/answer.js';

export interface ModelShape {
  /** D. */
  width: number;
  layers: number;
  heads: number;
  feedForward: number;
  /** Longest conversation in tokens that the file promises. */
  contextLength: number;
}

export interface PhaseRecipe {
  /** Also seeds the phase's data. */
  name: string;
  /** Every token of documents and conversations, or only what the assistant says. */
  learns: 'everything' | 'answers';
  /** Other than the natural styles: shorter answers show more facts a token. */
  styles?: StyleRates;
  steps: number;
  /** B. */
  rowCount: number;
  /** T. */
  rowLength: number;
  /** Peak, reached after the warm-up; falls to `finalShare` of it along a cosine. */
  learningRate: number;
  warmUpSteps: number;
  finalShare: number;
  /** Steps after which the cosine would end, where the phase is cut off before. */
  horizon?: number;
}

export interface Recipe {
  seed: string;
  vocabularySize: number;
  /** Conversations and documents that the vocabulary is learnt from. */
  vocabularyTexts: number;
  shape: ModelShape;
  /** What matrices are multiplied in; weights, sums and the optimiser stay F32. */
  computeType: 'F32' | 'BF16';
  phases: readonly PhaseRecipe[];
  weightDecay: number;
  maxGradNorm: number;
  beta2: number;
}

export const recipe: Recipe = {
  seed: 'attune',
  vocabularySize: 4096,
  vocabularyTexts: 36_000,
  shape: { width: 256, layers: 4, heads: 4, feedForward: 1024, contextLength: 2048 },
  computeType: 'BF16',
  phases: [
    {
      name: 'pretrain',
      learns: 'everything',
      steps: 300,
      rowCount: 4,
      rowLength: 256,
      learningRate: 1.5e-3,
      warmUpSteps: 100,
      finalShare: 1,
    },
    {
      name: 'facts',
      learns: 'answers',
      styles: { long: 0.1, closing: 0.05 },
      steps: 1900,
      rowCount: 4,
      rowLength: 256,
      learningRate: 1.5e-3,
      warmUpSteps: 1,
      finalShare: 1,
    },
    {
      name: 'styles',
      learns: 'answers',
      steps: 900,
      rowCount: 4,
      rowLength: 256,
      learningRate: 1.5e-3,
      warmUpSteps: 1,
      finalShare: 0.02,
    },
  ],
  weightDecay: 0.05,
  maxGradNorm: 1,
  beta2: 0.98,
};

/** The learning rate of a step, counted from 0. */
export function learningRateAt(phase: PhaseRecipe, step: number): number {
  if (step < phase.warmUpSteps) return (phase.learningRate * (step + 1)) / phase.warmUpSteps;
  const end = phase.horizon ?? phase.steps;
  const done = (step - phase.warmUpSteps) / Math.max(1, end - phase.warmUpSteps);
  const cosine = (1 + Math.cos(Math.PI * done)) / 2;
  return phase.learningRate * (phase.finalShare + (1 - phase.finalShare) * cosine);
}
