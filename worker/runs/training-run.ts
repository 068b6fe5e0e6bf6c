/**
 * One training run from request to artefacts, in one process.
 *
 * Order matters: whatever may be refused is refused before the model is opened; the reference is computed before a checkpoint replaces
 * the starting weights; a step's number alone decides its data, so that going on equals never having stopped. Owns the model.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../common/contracts/errors.js';
import type { RunEvent, RunVerdict } from '../../common/contracts/run-events.js';
import { learningRateOf, type OfflineKind } from '../../common/contracts/runs.js';
import { learningRateAt } from '../engine/schedule.js';
import { writeAdapterFile } from '../nn/adapter-file.js';
import type { BatchShape, TrainableModel } from '../nn/trainable-model.js';
import { writeArtefacts } from './artefacts.js';
import { CheckpointFolder } from './checkpoint.js';
import { describePlan } from './plan-description.js';
import { takeUpLatest } from './resume.js';
import { HealthMonitor } from './health.js';
import { largestShape } from './memory.js';
import { MetricsLog } from './metrics-log.js';
import { writeModelCard } from './model-card.js';
import { openRunModel } from './open-run-model.js';
import { claimFolder, markFolder, prepareRun, type PreparedRun } from './prepare-run.js';
import { Reference } from './reference.js';
import { describeStepFailure } from './step-failure.js';
import { toOffline, type OfflineRequest, type RunRequest } from './run-request.js';
import { StepPlan } from './step-plan.js';
import { inOrder, Trainer } from './trainer.js';
import type { JudgedItems } from './judged-items.js';

export interface RunOptions {
  emit(event: RunEvent): void;
  signal: AbortSignal;
}

/**
 * Runs to the end, to its cancellation, or throws.
 *
 * @throws AppError what is wrong with model, data, settings or checkpoint; `RUN_NOT_FINITE`, `RUN_OUT_OF_MEMORY`
 */
export async function runTraining(asked: RunRequest, { emit, signal }: RunOptions): Promise<void> {
  const request = toOffline(asked);
  await claimFolder(request.outputPath, request.resume);
  emit({ type: 'phase', phase: 'reading' });
  const prepared = await prepareRun(request, signal);
  emit({ type: 'phase', phase: 'loading' });
  const largest = largestShape(prepared.train.items, request.config);
  using model = await openRunModel(request, largest);
  await new TrainingRun(request, prepared, model, { emit, signal }).run(largest);
}

class TrainingRun {
  private readonly trainer: Trainer<OfflineKind>;
  private readonly plan: StepPlan;
  private readonly checkpoints: CheckpointFolder;
  private readonly log: MetricsLog;
  private readonly health: HealthMonitor;
  private readonly verdicts: RunVerdict[] = [];
  private train: JudgedItems;
  private heldOut: JudgedItems | null;
  /** Optimiser steps done. */
  private step = 0;
  private tokens = 0;
  private lastCheckpoint: string | null = null;
  private lastMetrics: Record<string, number> = {};
  private before: Record<string, number> | null = null;
  private after: Record<string, number> | null = null;

  constructor(
    private readonly request: OfflineRequest,
    private readonly prepared: PreparedRun,
    private readonly model: TrainableModel,
    private readonly options: RunOptions,
  ) {
    const { config, outputPath } = request;
    this.trainer = new Trainer(config.kind, config, model);
    this.plan = new StepPlan(prepared.train.items, config);
    this.checkpoints = new CheckpointFolder(path.join(outputPath, 'checkpoints'));
    this.log = new MetricsLog(path.join(outputPath, 'metrics.jsonl'));
    this.health = new HealthMonitor(config);
    this.train = { items: prepared.train.items, refLogProbs: [] };
    this.heldOut = prepared.heldOut && { items: prepared.heldOut.items, refLogProbs: [] };
  }

  /** @param largest  batch of the run */
  async run(largest: BatchShape): Promise<void> {
    const { emit, signal } = this.options;
    const { plan } = this;
    await markFolder(this.request.outputPath, this.prepared.lineage);
    try {
      await this.judgeByReference();
      await this.goOn();
      this.announce(largest);
      if (this.step === 0) this.before = await this.evaluate();
      while (this.step < plan.totalSteps) await this.takeStep();
      this.after = await this.evaluate();
      await this.saveCheckpoint();
      await this.finish();
    } catch (error) {
      if (!signal.aborted) throw error;
      this.model.zeroGradients();
      if (this.step > 0) await this.saveCheckpoint();
      emit({ type: 'cancelled', step: this.step, checkpoint: this.lastCheckpoint });
    }
  }

  /** Fills in what the frozen reference says, where the kind needs it. */
  private async judgeByReference(): Promise<void> {
    if (!this.trainer.usesReference) return;
    const { request, options, model, prepared, plan } = this;
    const reference = new Reference(model, request, prepared.lineage, options);
    const steps = Array.from({ length: plan.stepsPerEpoch }, (_, step) => plan.batchesOf(step));
    this.train = await reference.judge('train', this.train.items, steps.flat());
    if (this.heldOut) {
      const batches = inOrder(this.heldOut.items.length, request.config.batchSize);
      this.heldOut = await reference.judge('held-out', this.heldOut.items, batches);
    }
  }

  /** Takes up the last checkpoint when asked to. */
  private async goOn(): Promise<void> {
    const { request, model, prepared } = this;
    const found = request.resume ? await takeUpLatest(this.checkpoints, model, prepared.lineage) : null;
    if (!found) return this.log.rewindTo(-1);
    this.step = found.step;
    this.tokens = found.tokens;
    this.lastCheckpoint = path.relative(request.outputPath, found.path);
    await this.log.rewindTo(this.step);
  }

  private announce(largest: BatchShape): void {
    const { prepared, model, plan, step } = this;
    const { items } = prepared.train;
    this.options.emit({
      type: 'planned',
      plan: describePlan({ prepared, model, plan, memory: model.planMemory(largest), doneSteps: step }),
    });
    const desirable = items.filter((item) => item.desirable).length;
    this.report(this.health.beforeStart({ desirable, undesirable: items.length - desirable }));
  }

  private async takeStep(): Promise<void> {
    const { config } = this.request;
    const { signal, emit } = this.options;
    // Never between an update and its count: a checkpoint would then be one step ahead of itself.
    signal.throwIfAborted();
    const number = this.step + 1;
    const started = performance.now();
    const learningRate = this.learningRate();
    const metrics = await this.learn(learningRate).catch((error: unknown) => {
      throw describeStepFailure(error, { step: number, device: this.model.info.device, config });
    });
    this.step = number;
    const seconds = (performance.now() - started) / 1000;
    const { tokenCount, ...rest } = metrics;
    this.tokens += tokenCount;
    this.lastMetrics = {
      ...rest,
      learning_rate: learningRate,
      epoch: this.plan.epochAfter(number),
      num_tokens: this.tokens,
      tokens_per_second: tokenCount / seconds,
    };
    await this.log.append({ step: number, metrics: this.lastMetrics });
    emit({ type: 'step', step: number, totalSteps: this.plan.totalSteps, metrics: this.lastMetrics });
    this.report(this.health.afterStep(number, this.plan.epochAfter(number), this.lastMetrics));
    if (number === this.plan.totalSteps) return;
    if (number % config.checkpointEverySteps === 0) await this.saveCheckpoint();
    if (config.evalEverySteps !== null && number % config.evalEverySteps === 0) await this.evaluate();
  }

  /** Gradient of the whole step, then one update. @throws AppError `RUN_NOT_FINITE`; the weights are then as they were */
  private async learn(learningRate: number): Promise<Record<string, number> & { tokenCount: number }> {
    const { config } = this.request;
    const batches = this.plan.batchesOf(this.step);
    const { loss, metrics, tokenCount } = await this.trainer.accumulate(
      this.train,
      batches,
      this.options.signal,
    );
    this.assertFinite('the loss', loss);
    const { gradNorm } = await this.model.update({
      learningRate,
      maxGradNorm: config.maxGradNorm,
      weightDecay: config.weightDecay,
    });
    this.assertFinite("the gradient's norm", gradNorm);
    return { loss, grad_norm: gradNorm, ...metrics, tokenCount };
  }

  private learningRate(): number {
    const { config } = this.request;
    return learningRateAt(
      {
        kind: config.schedule,
        peak: learningRateOf(config),
        warmupUpdates: config.warmupSteps,
        totalUpdates: this.plan.totalSteps,
      },
      this.step,
    );
  }

  private assertFinite(what: string, value: number): void {
    if (Number.isFinite(value)) return;
    this.model.zeroGradients();
    const checkpoint = this.lastCheckpoint ?? 'none';
    throw new AppError('RUN_NOT_FINITE', { step: this.step + 1, what, checkpoint });
  }

  /** Metrics of the held-out examples, or null without any. */
  private async evaluate(): Promise<Record<string, number> | null> {
    if (!this.heldOut) return null;
    const { emit, signal } = this.options;
    const plain = await this.trainer.evaluate(this.heldOut, signal, (done, total) =>
      emit({ type: 'phase', phase: 'evaluating', done, total }),
    );
    const metrics = Object.fromEntries(Object.entries(plain).map(([name, value]) => [`eval_${name}`, value]));
    await this.log.append({ step: this.step, metrics });
    emit({ type: 'evaluated', step: this.step, metrics });
    this.report(this.health.afterEvaluation(metrics));
    return metrics;
  }

  private async saveCheckpoint(): Promise<void> {
    const { step, tokens } = this;
    const { lineage } = this.prepared;
    const checkpoint = { step, tokens, lineage, state: this.model.exportState() };
    const file = await this.checkpoints.write(checkpoint, this.request.config.keepCheckpoints);
    this.lastCheckpoint = path.relative(this.request.outputPath, file);
    const adapter = this.request.keepAdapters ? await this.saveAdapter() : null;
    this.options.emit({ type: 'checkpoint', step, path: this.lastCheckpoint, adapter });
  }

  /** @returns path of what was learnt so far, relative to the run's folder; null in full training */
  private async saveAdapter(): Promise<string | null> {
    if (!this.model.info.lora) return null;
    const file = path.join('samples', `step-${this.step}.gguf`);
    await mkdir(path.join(this.request.outputPath, 'samples'), { recursive: true });
    await writeAdapterFile(path.join(this.request.outputPath, file), this.model);
    return file;
  }

  private async finish(): Promise<void> {
    const { emit } = this.options;
    emit({ type: 'phase', phase: 'writing' });
    const { lineage, train, heldOut } = this.prepared;
    const card = writeModelCard({
      lineage,
      steps: this.step,
      train: train.report,
      heldOut: heldOut?.report ?? null,
      metrics: this.lastMetrics,
      before: this.before,
      after: this.after,
      verdicts: this.verdicts,
    });
    const artefacts = await writeArtefacts({ request: this.request, lineage, model: this.model, card });
    const metrics = { ...this.lastMetrics, ...this.after };
    emit({ type: 'finished', steps: this.step, metrics, artefacts });
  }

  /** @throws AppError `RUN_DIVERGED` for a finding that ends the run */
  private report(verdicts: readonly RunVerdict[]): void {
    for (const verdict of verdicts) {
      this.verdicts.push(verdict);
      this.options.emit({ type: 'verdict', step: this.step, verdict });
      if (verdict.severity === 'stop') {
        const checkpoint = this.lastCheckpoint ?? 'none';
        throw new AppError('RUN_DIVERGED', { step: this.step, reason: verdict.message, checkpoint });
      }
    }
  }
}
