/**
 * Reads a run's metrics the way an experienced eye does, and says what it sees: each finding once.
 */
import { ktoWeightRanges } from '../../common/contracts/kto-weights.js';
import type { RunVerdict } from '../../common/contracts/run-events.js';
import { isOnline, type RunConfig } from '../../common/contracts/runs.js';
import { judgeHeldOut, judgeRollout } from './rollout-health.js';

type Metrics = Readonly<Record<string, number>>;

/** Nats by which a chosen answer may become less likely before it is worth a word. */
const CHOSEN_FALL = 10;
const HIGH_KL = 10;
/** One spike is clipped and forgotten; a third in a row is divergence. */
const HIGH_GRADIENTS_TO_STOP = 3;
/** Pairs that must all be right before that looks like a leak. */
const PAIRS_FOR_TOO_EASY = 32;
const SUSPECT_REWARD_ACCURACY = 0.85;

export class HealthMonitor {
  private readonly told = new Set<RunVerdict['id']>();
  private highGradients = 0;
  private pairs = 0;
  private allRight = true;
  private firstEvaluation: Metrics | null = null;

  constructor(private readonly config: RunConfig) {}

  /** What can be said before the first step. @param thumbs  counts of both sides, for kto */
  beforeStart(thumbs: { desirable: number; undesirable: number } | null): RunVerdict[] {
    const { config } = this;
    const verdicts: RunVerdict[] = [];
    if (config.kind === 'reward' && config.epochs > 1) {
      verdicts.push({
        id: 'epochs-many',
        severity: 'notice',
        message: 'A reward model overfits within its second epoch; one is advised.',
      });
    }
    if (config.kind === 'kto' && thumbs && thumbs.desirable > 0 && thumbs.undesirable > 0) {
      const ratio =
        (config.desirableWeight * thumbs.desirable) / (config.undesirableWeight * thumbs.undesirable);
      if (ratio < 1 - 1e-6 || ratio > 4 / 3 + 1e-6) verdicts.push(weightsAdvice(thumbs));
    }
    return this.once(verdicts);
  }

  /**
   * @param step   steps done
   * @param epoch  epochs done
   */
  afterStep(step: number, epoch: number, metrics: Metrics): RunVerdict[] {
    return this.once([
      ...this.checkReference(step, metrics),
      ...this.checkDrift(metrics),
      ...this.checkTooEasy(epoch, metrics),
      ...this.checkGradient(metrics),
      ...(isOnline(this.config) ? judgeRollout(this.config, metrics) : []),
    ]);
  }

  /** @param metrics  of the held-out examples, with their `eval_` */
  afterEvaluation(metrics: Metrics): RunVerdict[] {
    this.firstEvaluation ??= metrics;
    if (isOnline(this.config)) return this.once(judgeHeldOut(this.firstEvaluation, metrics));
    const accuracy = metrics['eval_accuracy'];
    if (this.config.kind !== 'reward' || accuracy === undefined || accuracy <= SUSPECT_REWARD_ACCURACY)
      return [];
    return this.once([
      {
        id: 'split-suspect',
        severity: 'warning',
        message: `Held-out accuracy ${accuracy.toFixed(2)} is more than people agree with each other (about 0.75): check that no prompt is on both sides.`,
      },
    ]);
  }

  private checkReference(step: number, metrics: Metrics): RunVerdict[] {
    const { config } = this;
    if (config.kind !== 'dpo' || config.lossType !== 'sigmoid' || config.labelSmoothing > 0 || step !== 1)
      return [];
    const loss = metrics['loss'] ?? Math.LN2;
    if (Math.abs(loss - Math.LN2) < 0.01) return [];
    return [
      {
        id: 'reference-differs',
        severity: 'warning',
        message: `The first loss is ${loss.toFixed(3)} instead of 0.693: the policy does not begin as its reference.`,
      },
    ];
  }

  private checkDrift(metrics: Metrics): RunVerdict[] {
    const verdicts: RunVerdict[] = [];
    const { config } = this;
    const reward = metrics['rewards/chosen'];
    if (
      (config.kind === 'dpo' || config.kind === 'kto') &&
      reward !== undefined &&
      -reward / config.beta > CHOSEN_FALL
    ) {
      verdicts.push({
        id: 'chosen-falls',
        severity: 'warning',
        message: `Chosen answers became ${(-reward / config.beta).toFixed(1)} nats less likely; a growing margin hides that. Raise beta or lower the learning rate.`,
      });
    }
    if ((metrics['kl'] ?? 0) > HIGH_KL) {
      verdicts.push({
        id: 'kl-high',
        severity: 'warning',
        message: `The KL from the reference is ${metrics['kl']?.toFixed(1)} nats; raise beta or lower the learning rate.`,
      });
    }
    return verdicts;
  }

  private checkTooEasy(epoch: number, metrics: Metrics): RunVerdict[] {
    const accuracy = metrics['rewards/accuracies'] ?? metrics['accuracy'];
    if (accuracy === undefined || epoch > 0.1) return [];
    this.allRight &&= accuracy === 1;
    this.pairs += this.config.batchSize * this.config.gradientAccumulationSteps;
    if (!this.allRight || this.pairs < PAIRS_FOR_TOO_EASY) return [];
    return [
      {
        id: 'too-easy',
        severity: 'warning',
        message:
          'Every pair is right within the first tenth of an epoch: look for duplicates, or for a mark that gives the answer away.',
      },
    ];
  }

  private checkGradient(metrics: Metrics): RunVerdict[] {
    const norm = metrics['grad_norm'] ?? 0;
    const { config } = this;
    if (config.kind !== 'sft' || config.divergedGradNorm === null) return [];
    this.highGradients = norm > config.divergedGradNorm ? this.highGradients + 1 : 0;
    if (this.highGradients === 0) return [];
    return [gradientVerdict(this.highGradients >= HIGH_GRADIENTS_TO_STOP ? 'stop' : 'warning', norm)];
  }

  /** But what ends the run, which is told even where it was warned of. */
  private once(verdicts: readonly RunVerdict[]): RunVerdict[] {
    return verdicts.filter(
      ({ id, severity }) => severity === 'stop' || (!this.told.has(id) && this.told.add(id)),
    );
  }
}

function gradientVerdict(severity: 'warning' | 'stop', norm: number): RunVerdict {
  const consequence = severity === 'stop' ? ', for the third step in a row: the run stops' : '';
  return {
    id: 'gradient-high',
    severity,
    message: `The gradient's norm is ${norm.toFixed(1)}${consequence}. Lower the learning rate, or warm up.`,
  };
}

function weightsAdvice({ desirable, undesirable }: { desirable: number; undesirable: number }): RunVerdict {
  const ranges = ktoWeightRanges(desirable, undesirable);
  const show = ([low, high]: readonly [number, number]) => `${low.toFixed(2)} to ${high.toFixed(2)}`;
  return {
    id: 'weights-unbalanced',
    severity: 'notice',
    message: `${desirable} thumbs up and ${undesirable} down: set the weight of thumbs up to ${show(ranges.desirable)}, or that of thumbs down to ${show(ranges.undesirable)}.`,
  };
}
