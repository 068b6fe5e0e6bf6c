/**
 * What a run has found so far: its metrics, in a file that outlives the process, what is held out among them, and what they say to an
 * experienced eye. A run that goes on knows it all again.
 */
import type { RunEvent, RunVerdict } from '../../common/contracts/run-events.js';
import type { RunConfig } from '../../common/contracts/runs.js';
import { HealthMonitor } from './health.js';
import { MetricsLog, type MetricsLine } from './metrics-log.js';

type Metrics = MetricsLine['metrics'];

/** Of the names of metrics on what is held out. */
export const heldOutPrefix = 'eval_';
const isOfHeldOut = (metrics: Metrics) => Object.keys(metrics).some((name) => name.startsWith(heldOutPrefix));

export class RunHistory {
  readonly verdicts: RunVerdict[] = [];
  /** Of the last step. */
  lastMetrics: Metrics = {};
  readonly #log: MetricsLog;
  readonly #health: HealthMonitor;
  /** Of what is held out, by how many steps were done. */
  readonly #evaluations = new Map<number, Metrics>();

  /** @param file  of the metrics */
  constructor(
    file: string,
    config: RunConfig,
    private readonly emit: (event: RunEvent) => void,
  ) {
    this.#log = new MetricsLog(file);
    this.#health = new HealthMonitor(config);
  }

  /** Forgets what came after `step`. @returns metrics up to there */
  async rewindTo(step: number): Promise<MetricsLine[]> {
    await this.#log.rewindTo(step);
    return this.#log.read();
  }

  /**
   * Knows again what the run knew of itself. What it found is told once more: whoever heard it may have died before writing it down.
   *
   * @param epochAfter  epochs done, by the step
   * @returns the findings
   */
  recall(lines: readonly MetricsLine[], epochAfter: (step: number) => number): RunVerdict[] {
    return lines.flatMap(({ step, metrics }) =>
      isOfHeldOut(metrics)
        ? this.#takeEvaluation(step, metrics)
        : this.#takeStep(step, epochAfter(step), metrics),
    );
  }

  /** What can be said before the first step. @param thumbs  counts of both sides */
  begin(thumbs: { desirable: number; undesirable: number }): RunVerdict[] {
    return this.#tell(0, this.#health.beforeStart(thumbs));
  }

  /** @returns what is found in it */
  async addStep(
    { step, metrics }: MetricsLine,
    plan: { epoch: number; totalSteps: number },
  ): Promise<RunVerdict[]> {
    await this.#log.append({ step, metrics });
    this.emit({ type: 'step', step, totalSteps: plan.totalSteps, metrics: { ...metrics } });
    return this.#takeStep(step, plan.epoch, metrics);
  }

  /** @returns what is found in it */
  async addEvaluation({ step, metrics }: MetricsLine): Promise<RunVerdict[]> {
    await this.#log.append({ step, metrics });
    this.emit({ type: 'evaluated', step, metrics: { ...metrics } });
    return this.#takeEvaluation(step, metrics);
  }

  /** @returns metrics of what is held out, if they were found after so many steps */
  findEvaluation(step: number): Metrics | undefined {
    return this.#evaluations.get(step);
  }

  #takeStep(step: number, epoch: number, metrics: Metrics): RunVerdict[] {
    this.lastMetrics = metrics;
    return this.#tell(step, this.#health.afterStep(step, epoch, metrics));
  }

  #takeEvaluation(step: number, metrics: Metrics): RunVerdict[] {
    this.#evaluations.set(step, metrics);
    return this.#tell(step, this.#health.afterEvaluation(metrics));
  }

  #tell(step: number, verdicts: RunVerdict[]): RunVerdict[] {
    for (const verdict of verdicts) this.emit({ type: 'verdict', step, verdict });
    this.verdicts.push(...verdicts);
    return verdicts;
  }
}
