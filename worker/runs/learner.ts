/** What the loop of a run asks of a kind: where its data come from, and what one step learns from them. */
import type { RunEvent } from '../../common/contracts/run-events.js';
import type { StepPlan } from './step-plan.js';

export interface LearnerOptions {
  emit(event: RunEvent): void;
  signal: AbortSignal;
}

export interface LearnerStep {
  metrics: Record<string, number>;
  /** Tokens of all sequences, as TRL counts them. */
  tokenCount: number;
}

export interface Updates {
  /**
   * Takes what the model has gathered for one update.
   *
   * @param loss      refused when it is not finite; the weights are then as they were
   * @param fraction  of the step that lies behind; the learning rate goes by it
   * @returns the gradient's norm
   * @throws AppError `RUN_NOT_FINITE`
   */
  update(loss: number, fraction: number): Promise<number>;
}

/** Seconds that will pass beside the steps. */
export interface Reckoned {
  begin: number;
  /** One of them. */
  evaluation: number;
}

export interface Learner extends AsyncDisposable {
  readonly plan: StepPlan;
  /** Numbers that a step leaves to the next, beside the weights; set when a run goes on. */
  carried: Readonly<Record<string, number>>;
  /** What must be known of the weights that the run starts from, before a checkpoint replaces them. Steps that are only timed go without. */
  begin(): Promise<void>;
  /**
   * One step: gradients and updates. What it throws leaves the weights as they were before the step.
   *
   * @param step  from 0; decides data and random numbers, with the weights and what was carried
   */
  learn(step: number, updates: Updates): Promise<LearnerStep>;
  /** Metrics of what is held out, without `eval_`; null where nothing is. */
  evaluate(): Promise<Record<string, number> | null>;
  /** What the rest will take, from a step that was measured. @param step  from 0 */
  reckon(step: number, measured: LearnerStep): Promise<Reckoned>;
}
