/**
 * One training run from request to artefacts, in one process, whatever its kind learns from.
 *
 * Order matters: whatever may be refused is refused before the model is opened; the learner looks at the starting weights before a
 * checkpoint replaces them; a step's number alone decides its data and random numbers, so that going on equals never having stopped.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../common/contracts/errors.js';
import type { RunVerdict } from '../../common/contracts/run-events.js';
import { isOnline, learningRateOf } from '../../common/contracts/runs.js';
import { learningRateAt } from '../engine/schedule.js';
import { writeAdapterFile } from '../nn/adapter-file.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import { writeArtefacts } from './artefacts.js';
import { BestCheckpoint } from './best-checkpoint.js';
import { CheckpointFolder, type Checkpoint } from './checkpoint.js';
import type { Learner, LearnerOptions } from './learner.js';
import { MemoryNeeds } from './memory.js';
import type { MetricsLine } from './metrics-log.js';
import { writeModelCard } from './model-card.js';
import { openLearner } from './open-learner.js';
import { openRunModel } from './open-run-model.js';
import { describePlan } from './plan-description.js';
import { claimFolder, markFolder, prepareRun, type PreparedRun } from './prepare-run.js';
import { takeUpLatest } from './resume.js';
import { heldOutPrefix, RunHistory } from './run-history.js';
import type { RunRequest } from './run-request.js';
import { describeStepFailure } from './step-failure.js';

/**
 * Runs to the end, to its cancellation, or throws.
 *
 * @throws AppError what is wrong with model, data, settings or checkpoint; `RUN_NOT_FINITE`, `RUN_OUT_OF_MEMORY`
 */
export async function runTraining(request: RunRequest, options: LearnerOptions): Promise<void> {
  const { emit, signal } = options;
  await claimFolder(request.outputPath, request.resume);
  emit({ type: 'phase', phase: 'reading' });
  const prepared = await prepareRun(request, signal);
  emit({ type: 'phase', phase: 'loading' });
  const needs = await MemoryNeeds.of(request, prepared);
  using model = await openRunModel(request, needs);
  await using learner = await openLearner({ request, prepared, model, ...options });
  await new TrainingRun({ request, prepared, model, learner }, options).run(needs);
}

/** What a run has; nothing of it is the loop's own. */
interface RunParts {
  request: RunRequest;
  prepared: PreparedRun;
  model: TrainableModel;
  learner: Learner;
}

class TrainingRun {
  private readonly checkpoints: CheckpointFolder;
  private readonly history: RunHistory;
  /** Null for kinds whose result is where they end. */
  private readonly best: BestCheckpoint | null;
  /** Optimiser steps done. */
  private step = 0;
  private tokens = 0;
  /** Ended early by a finding; what was best is kept. */
  private isStopped = false;
  private lastCheckpoint: string | null = null;
  private after: MetricsLine['metrics'] | null = null;

  constructor(
    private readonly parts: RunParts,
    private readonly options: LearnerOptions,
  ) {
    const { config, outputPath } = parts.request;
    this.checkpoints = new CheckpointFolder(path.join(outputPath, 'checkpoints'));
    this.history = new RunHistory(path.join(outputPath, 'metrics.jsonl'), config, options.emit);
    const keepsBest = isOnline(config) && config.keepBest;
    this.best = keepsBest ? new BestCheckpoint(new CheckpointFolder(path.join(outputPath, 'best'))) : null;
  }

  async run(needs: MemoryNeeds): Promise<void> {
    const { emit, signal } = this.options;
    const { request, prepared, model, learner } = this.parts;
    await markFolder(request.outputPath, prepared.lineage);
    try {
      await learner.begin();
      const lines = await this.goOn();
      this.announce(needs);
      this.heed(this.history.recall(lines, (step) => learner.plan.epochAfter(step)));
      if (this.isEvaluated(this.step)) await this.evaluate();
      while (this.step < learner.plan.totalSteps && !this.isStopped) await this.takeStep();
      this.after = await this.evaluate();
      await this.saveCheckpoint();
      await this.finish();
    } catch (error) {
      if (!signal.aborted) throw error;
      model.zeroGradients();
      if (this.step > 0) await this.saveCheckpoint();
      emit({ type: 'cancelled', step: this.step, checkpoint: this.lastCheckpoint });
    }
  }

  /** Takes up the last checkpoint when asked to. @returns metrics up to there; none where the run begins anew */
  private async goOn(): Promise<MetricsLine[]> {
    const { request, model, prepared, learner } = this.parts;
    const found = request.resume ? await takeUpLatest(this.checkpoints, model, prepared.lineage) : null;
    const lines = await this.history.rewindTo(found?.step ?? -1);
    await this.best?.recall(lines);
    if (!found) return lines;
    this.step = found.step;
    this.tokens = found.tokens;
    learner.carried = found.carried;
    this.lastCheckpoint = path.relative(request.outputPath, found.path);
    return lines;
  }

  /** Before the first step, and every so many steps; after the last one in any case. */
  private isEvaluated(step: number): boolean {
    const { evalEverySteps } = this.parts.request.config;
    return step === 0 || (evalEverySteps !== null && step % evalEverySteps === 0);
  }

  private announce(needs: MemoryNeeds): void {
    const { prepared, model, learner } = this.parts;
    const { items } = prepared.train;
    const memory = needs.plan(model);
    const { plan } = learner;
    this.options.emit({
      type: 'planned',
      plan: describePlan({ prepared, model, plan, memory, doneSteps: this.step }),
    });
    const desirable = items.filter((item) => item.desirable).length;
    this.heed(this.history.begin({ desirable, undesirable: items.length - desirable }));
  }

  private async takeStep(): Promise<void> {
    const { request, model, learner } = this.parts;
    const { config } = request;
    const { plan } = learner;
    // Never between an update and its count: a checkpoint would then be one step ahead of itself.
    this.options.signal.throwIfAborted();
    const number = this.step + 1;
    const started = performance.now();
    const update = (loss: number, fraction: number) => this.update(loss, fraction);
    const { metrics, tokenCount } = await learner.learn(this.step, { update }).catch((error: unknown) => {
      throw describeStepFailure(error, { step: number, device: model.info.device, config });
    });
    this.assertFinite(number, metrics);
    const learningRate = this.learningRate(0);
    this.step = number;
    const seconds = (performance.now() - started) / 1000;
    this.tokens += tokenCount;
    const epoch = plan.epochAfter(number);
    const told = {
      ...metrics,
      learning_rate: learningRate,
      epoch,
      num_tokens: this.tokens,
      tokens_per_second: tokenCount / seconds,
    };
    const { totalSteps } = plan;
    this.heed(await this.history.addStep({ step: number, metrics: told }, { epoch, totalSteps }));
    if (number === plan.totalSteps || this.isStopped) return;
    if (number % config.checkpointEverySteps === 0) await this.saveCheckpoint();
    if (this.isEvaluated(number)) await this.evaluate();
  }

  /** @throws AppError `RUN_NOT_FINITE`; the weights are then as they were */
  private async update(loss: number, fraction: number): Promise<number> {
    const { model, request } = this.parts;
    this.assertFinite(this.step + 1, { 'the loss': loss });
    const { maxGradNorm, weightDecay } = request.config;
    const { gradNorm } = await model.update({
      learningRate: this.learningRate(fraction),
      maxGradNorm,
      weightDecay,
    });
    this.assertFinite(this.step + 1, { "the gradient's norm": gradNorm });
    return gradNorm;
  }

  /** @param fraction  of the step that lies behind */
  private learningRate(fraction: number): number {
    const { config } = this.parts.request;
    return learningRateAt(
      {
        kind: config.schedule,
        peak: learningRateOf(config),
        warmupUpdates: config.warmupSteps,
        totalUpdates: this.parts.learner.plan.totalSteps,
      },
      this.step + fraction,
    );
  }

  /** JSON, which files and processes tell metrics in, has no other numbers. @param values  by what they are called */
  private assertFinite(step: number, values: Readonly<Record<string, number>>): void {
    const what = Object.keys(values).find((name) => !Number.isFinite(values[name]));
    if (what === undefined) return;
    this.parts.model.zeroGradients();
    const checkpoint = this.lastCheckpoint ?? 'none';
    throw new AppError('RUN_NOT_FINITE', { step, what, checkpoint });
  }

  /**
   * Metrics of the held-out examples, or null without any; those of a step are found once, however often the run was stopped at it.
   *
   * @throws AppError `RUN_NOT_FINITE`
   */
  private async evaluate(): Promise<MetricsLine['metrics'] | null> {
    const known = this.history.findEvaluation(this.step);
    if (known) return known;
    const plain = await this.parts.learner.evaluate();
    if (!plain) return null;
    const metrics = Object.fromEntries(
      Object.entries(plain).map(([name, value]) => [`${heldOutPrefix}${name}`, value]),
    );
    this.assertFinite(this.step, metrics);
    // Before the log has it: a run that is cut off in between evaluates again.
    await this.best?.consider(metrics, () => this.checkpoint());
    this.heed(await this.history.addEvaluation({ step: this.step, metrics }));
    return metrics;
  }

  private checkpoint(): Checkpoint {
    const { prepared, model, learner } = this.parts;
    const { step, tokens } = this;
    return {
      step,
      tokens,
      carried: learner.carried,
      lineage: prepared.lineage,
      state: model.exportState(),
    };
  }

  private async saveCheckpoint(): Promise<void> {
    const { request } = this.parts;
    const file = await this.checkpoints.write(this.checkpoint(), request.config.keepCheckpoints);
    this.lastCheckpoint = path.relative(request.outputPath, file);
    const adapter = request.keepAdapters ? await this.saveAdapter() : null;
    this.options.emit({ type: 'checkpoint', step: this.step, path: this.lastCheckpoint, adapter });
  }

  /** @returns path of what was learnt so far, relative to the run's folder; null in full training */
  private async saveAdapter(): Promise<string | null> {
    const { model, request } = this.parts;
    if (!model.info.lora) return null;
    const file = path.join('samples', `step-${this.step}.gguf`);
    await mkdir(path.join(request.outputPath, 'samples'), { recursive: true });
    await writeAdapterFile(path.join(request.outputPath, file), model);
    return file;
  }

  private async finish(): Promise<void> {
    const { emit } = this.options;
    emit({ type: 'phase', phase: 'writing' });
    const { request, prepared, model } = this.parts;
    const { lineage, train, heldOut } = prepared;
    const steps = this.best?.step ?? this.step;
    if (steps !== this.step) this.after = { ...(await this.best?.takeUp(model)) };
    const card = writeModelCard({
      lineage,
      steps,
      train: train.report,
      heldOut: heldOut?.report ?? null,
      metrics: this.history.lastMetrics,
      before: this.history.findEvaluation(0) ?? null,
      after: this.after,
      verdicts: this.history.verdicts,
    });
    const artefacts = await writeArtefacts({ request, lineage, model, card });
    const metrics = { ...this.history.lastMetrics, ...this.after };
    emit({ type: 'finished', steps: this.step, metrics, artefacts });
  }

  /** @throws AppError `RUN_DIVERGED` for a finding that ends the run, where nothing better than its end is kept */
  private heed(verdicts: readonly RunVerdict[]): void {
    const reason = verdicts.find(({ severity }) => severity === 'stop')?.message;
    if (reason === undefined) return;
    this.isStopped = this.best !== null;
    if (this.isStopped) return;
    const checkpoint = this.lastCheckpoint ?? 'none';
    throw new AppError('RUN_DIVERGED', { step: this.step, reason, checkpoint });
  }
}
