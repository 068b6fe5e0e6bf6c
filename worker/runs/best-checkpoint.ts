/**
 * The model that did best on what is held out. A run that can be fooled by its own reward is not judged by where it ended: the held-out
 * reward model decides where there is one, the rewards on held-out prompts otherwise.
 */
import { completeShapes } from '../nn/complete-shapes.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import type { Checkpoint, CheckpointFolder } from './checkpoint.js';
import type { MetricsLine } from './metrics-log.js';

/** The first of these that an evaluation has. */
const judgedBy = ['eval_rewards/held_out/mean', 'eval_reward'] as const;

type Metrics = Readonly<Record<string, number>>;

export class BestCheckpoint {
  #best: { step: number; score: number; metrics: Metrics } | null = null;

  constructor(private readonly folder: CheckpointFolder) {}

  /** Of the best; null before there is one. */
  get step(): number | null {
    return this.#best?.step ?? null;
  }

  /** What a run that goes on has found so far. @param lines  its metrics up to where it goes on */
  async recall(lines: readonly MetricsLine[]): Promise<void> {
    const found = await this.folder.findLatest();
    if (!found) return;
    const { step } = found.checkpoint;
    for (const { metrics, step: at } of lines) if (at === step) this.#note(step, metrics);
    // One from a step that the run is going to do again.
    if (!this.#best) await this.folder.clear();
  }

  /** Keeps what `checkpoint` makes when it is better than all before; what the run began with is nothing to keep. */
  async consider(metrics: Metrics, checkpoint: () => Checkpoint): Promise<void> {
    const made = checkpoint();
    if (made.step > 0 && this.#note(made.step, metrics)) await this.folder.write(made, 1);
  }

  /** Puts the best back into the model. @returns its metrics on what is held out, or null when there is none */
  async takeUp(model: TrainableModel): Promise<Metrics | null> {
    const found = await this.folder.findLatest();
    if (!found || !this.#best) return null;
    model.importParameters(completeShapes(found.checkpoint.state.parameters, model.exportParameters()));
    return this.#best.metrics;
  }

  #note(step: number, metrics: Metrics): boolean {
    const score = judgedBy.map((name) => metrics[name]).find((value) => value !== undefined);
    if (score === undefined || score <= (this.#best?.score ?? -Infinity)) return false;
    this.#best = { step, score, metrics };
    return true;
  }
}
