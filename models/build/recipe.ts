/** Everything that decides what comes out: the same recipe gives the same model on the same libraries. */
import type { Rates } from '../generator/answer.js';

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
  /** Other than the natural rates: shorter answers show more facts a token, and what is hard may come up more often. */
  rates?: Partial<Rates>;
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

/** What must be read from the prompt and said again is harder than a sentence known by heart. */
const hard = { next: 1.6, previous: 1.6, introduction: 2, opposite: 1.3, count: 1.3, continent: 1.3 };
const sums = { addition: 1.3, subtraction: 1.3 };
const easy = { tale: 0.3, joke: 0.5, harm: 0.5, unknown: 0.7, nonsense: 0.7, definition: 0.8 };
const known = { kind: 0.6, home: 0.6, baby: 0.6 };

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
      rates: { long: 0.1, closing: 0.05 },
      steps: 700,
      rowCount: 4,
      rowLength: 256,
      learningRate: 1.5e-3,
      warmUpSteps: 1,
      finalShare: 1,
    },
    {
      name: 'settle',
      learns: 'answers',
      rates: { long: 0.15, closing: 0.1, chinese: 0.42, emphasis: { ...hard, ...sums, ...easy, ...known } },
      steps: 1200,
      rowCount: 4,
      rowLength: 256,
      learningRate: 9e-4,
      warmUpSteps: 1,
      finalShare: 0.05,
      horizon: 2000,
    },
    {
      name: 'styles',
      learns: 'answers',
      rates: { chinese: 0.4, emphasis: { next: 1.6, previous: 1.6, list: 1.2, introduction: 1.4 } },
      steps: 300,
      rowCount: 4,
      rowLength: 256,
      learningRate: 3.4e-4,
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
