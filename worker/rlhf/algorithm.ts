/**
 * The shapes that every learning algorithm shares. An algorithm never sees a tensor: it gets numbers that the model said about some
 * answers, and returns a loss, how that loss changes with each number, and metrics under the names that TRL uses.
 *
 * One optimiser step may be computed in several micro-batches. `total` is the step's whole size, so that losses, and therefore
 * gradients, of the micro-batches simply add up.
 */
import type { OfflineKind, OnlineKind, RunConfigOf } from '../../common/contracts/runs.js';
import type { MetricTally } from './metrics.js';

/** What the model said about one micro-batch; M target tokens, K scored positions. */
export interface ModelOutputs {
  /** [M] natural-log probability of each target token. */
  logProbs: Float32Array;
  /** [M] entropy of the distribution that the token was taken from, nats. */
  entropies: Float32Array;
  /** [M] 1 where the target was the likeliest token. */
  correct: Uint8Array;
  /** [K] what the reward or value head gave; empty without one. */
  scores: Float32Array;
}

/** Where one answer lies in `ModelOutputs`. */
export interface Answer {
  /** First target token. */
  start: number;
  /** One past the last target token. */
  end: number;
  /** Index into `scores`. */
  scored: number;
  /** Summed log-prob under the frozen reference, nats; NaN for runs that need none. */
  refLogProb: number;
}

/** A text to imitate. */
export interface TextUnit {
  answer: Answer;
}

/** Two answers to one prompt. */
export interface PairUnit {
  chosen: Answer;
  rejected: Answer;
}

/** Answers to one prompt, best first, with by how much each pair of neighbours should differ, if known. */
export interface RankingUnit {
  answers: readonly Answer[];
  /** Asked-for score difference of (best, worst) pairs in `pairsOf` order; empty for none. */
  margins: readonly number[];
}

/** One answer that somebody liked or did not, and another prompt's answer behind the same prompt (for the KL estimate). */
export interface ThumbUnit {
  answer: Answer;
  mismatched: Answer;
  desirable: boolean;
}

/**
 * One answer that the policy sampled, as its rollout left it: vectors [T] over its tokens, nats. No gradient flows through any of them.
 */
export interface SampledUnit {
  answer: Answer;
  /** Under the policy that the rollout's updates began from, by the trainer. */
  oldLogProbs: Float32Array;
  /** Under the frozen reference; NaN where the run needs none. */
  refLogProbs: Float32Array;
  advantages: Float32Array;
  /** Weights that correct for a sampler that computes a little differently; 1 where it does not. */
  importance: Float32Array;
  /** What the value head expected before each token, and what it should have expected; empty without one. */
  oldValues: Float32Array;
  returns: Float32Array;
}

/** Which unit of data each kind of run learns from. */
export interface UnitOf {
  sft: TextUnit;
  pretrain: TextUnit;
  reward: RankingUnit;
  dpo: PairUnit;
  kto: ThumbUnit;
  orpo: PairUnit;
  simpo: PairUnit;
  grpo: SampledUnit;
  rloo: SampledUnit;
  ppo: SampledUnit;
  best_of_n: SampledUnit;
}

/** One micro-batch of an optimiser step. */
export interface StepInput<Unit> {
  units: readonly Unit[];
  outputs: ModelOutputs;
  /** Size of the whole optimiser step, as `Algorithm.sizeOf` counts it. */
  total: number;
  /** What `Algorithm.prepare` returned for the whole optimiser step; 0 for kinds without it. */
  prepared: number;
}

/** The micro-batch's share of the step: shares add up to the step's loss and gradient. */
export interface StepResult {
  loss: number;
  /** [M] derivative of the loss by each log-prob; absent when the kind learns from scores alone. */
  logProbCotangents?: Float32Array;
  /** [K] derivative of the loss by each score; absent when the kind learns from log-probs alone. */
  scoreCotangents?: Float32Array;
  metrics: MetricTally;
}

/** Log-probs of the targets; a score at the last token; or log-probs, and a value before each target. */
export type ReadOutputs = 'logProbs' | 'score' | 'logProbsAndValues';

export interface Algorithm<Config, Unit> {
  /** True when `Answer.refLogProb` must be filled. */
  usesReference(config: Config): boolean;
  /** What is read of each sequence; `values` are the head's outputs before each target. */
  reads: ReadOutputs;
  /** What the loss is averaged over: examples, or target tokens. */
  sizeOf(unit: Unit, config: Config): number;
  /** A number that depends on the whole optimiser step, computed before any of its gradients; no gradient flows through it. */
  prepare?(config: Config, batches: readonly Omit<StepInput<Unit>, 'total' | 'prepared'>[]): number;
  step(config: Config, input: StepInput<Unit>): StepResult;
}

/** A sampled answer and what it was worth; vectors [T] over its tokens, nats. */
export interface JudgedAnswer {
  /** Weighted sum of the rewards, less penalties; null where none could be given. */
  reward: number | null;
  /** False: cut off. */
  ended: boolean;
  /** Under the policy that sampled it, by the trainer. */
  logProbs: Float32Array;
  refLogProbs: Float32Array;
  /** What the value head expected before each token; empty without one. */
  values: Float32Array;
}

/** What an answer teaches, vectors [T]. */
export interface Lesson {
  advantages: Float32Array;
  /** Empty without a value head. */
  returns: Float32Array;
}

/** Numbers that a kind takes from one step to the next, beside the weights. */
export type Carried = Readonly<Record<string, number>>;

/** What the answers of a step teach; null for those that nothing is to be learnt from. */
export interface Weighed {
  lessons: (Lesson | null)[][];
  metrics: Readonly<Record<string, number>>;
  carried: Carried;
}

/** An algorithm that learns from what its own answers were worth. */
export interface OnlineAlgorithm<Config> extends Algorithm<Config, SampledUnit> {
  /** What an importance weight is of: a token, or the whole answer as one action. */
  corrects: 'token' | 'answer';
  /** @param groups  answers to the same prompt side by side */
  weigh(config: Config, groups: readonly (readonly JudgedAnswer[])[], carried: Carried): Weighed;
}

/** The table of algorithms: a run kind without an entry does not compile. */
export type AlgorithmTable = { [K in OfflineKind]: Algorithm<RunConfigOf<K>, UnitOf[K]> } & {
  [K in OnlineKind]: OnlineAlgorithm<RunConfigOf<K>>;
};

/** Summed log-prob of one answer, nats. */
export function logProbOf(outputs: ModelOutputs, answer: Answer): number {
  let sum = 0;
  for (let index = answer.start; index < answer.end; index++) sum += outputs.logProbs[index] ?? Number.NaN;
  return sum;
}

/** Number of target tokens of one answer. */
export const lengthOf = (answer: Answer): number => answer.end - answer.start;

/** Spreads the derivative by a summed log-prob over the tokens it was summed from; adds, since answers may share tokens. */
export function addCotangent(cotangents: Float32Array, answer: Answer, derivative: number): void {
  for (let index = answer.start; index < answer.end; index++) {
    cotangents[index] = (cotangents[index] ?? 0) + derivative;
  }
}
