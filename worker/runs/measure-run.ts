/**
 * What a run will take, found out on the machine that would do it: its data read, its model opened, its memory planned as the run plans it,
 * and one step of middling length computed and timed. Trains nothing and writes nothing.
 */
import type { OfflineKind } from '../../common/contracts/runs.js';
import type { RunEstimate } from '../../common/contracts/run-records.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import type { JudgedItems } from './judged-items.js';
import { largestShape } from './memory.js';
import { openRunModel } from './open-run-model.js';
import { prepareRun, type PreparedRun } from './prepare-run.js';
import { toOffline, type OfflineRequest, type RunRequest } from './run-request.js';
import { StepPlan } from './step-plan.js';
import { Trainer } from './trainer.js';

export type MeasuredRun = Omit<RunEstimate, 'measuredBesideRun'>;

/** @throws AppError what a run throws before its first step */
export async function measureRun(asked: RunRequest, signal: AbortSignal): Promise<MeasuredRun> {
  const request = toOffline(asked);
  const startedAt = performance.now();
  const prepared = await prepareRun(request, signal);
  using model = await openRunModel(request);
  const openingSeconds = (performance.now() - startedAt) / 1000;
  const measured = await new Measurement(request, prepared, model, signal).take();
  return { ...measured, seconds: measured.seconds === null ? null : measured.seconds + openingSeconds };
}

class Measurement {
  private readonly trainer: Trainer<OfflineKind>;
  private readonly plan: StepPlan;
  /** A reference that agrees with the policy: what it says changes no duration. */
  private readonly data: JudgedItems;

  constructor(
    private readonly request: OfflineRequest,
    private readonly prepared: PreparedRun,
    private readonly model: TrainableModel,
    private readonly signal: AbortSignal,
  ) {
    const { items } = prepared.train;
    this.trainer = new Trainer(request.config.kind, request.config, model);
    this.plan = new StepPlan(items, request.config);
    this.data = { items, refLogProbs: items.map(({ sequences }) => sequences.map(() => -1)) };
  }

  async take(): Promise<MeasuredRun> {
    const { train, heldOut } = this.prepared;
    const { info } = this.model;
    const memory = this.model.planMemory(largestShape(train.items, this.request.config));
    const fits = memory.total <= memory.available;
    const secondsPerStep = fits ? await this.timeStep() : null;
    return {
      device: info.device,
      trainableParameterCount: info.trainableParameterCount,
      totalSteps: this.plan.totalSteps,
      examples: train.items.length,
      heldOutExamples: heldOut?.items.length ?? 0,
      dropped: train.report.dropped,
      memoryBytes: memory.total,
      memoryAvailableBytes: memory.available,
      fits,
      secondsPerStep,
      seconds: secondsPerStep === null ? null : await this.reckonWhole(secondsPerStep),
    };
  }

  /** Twice, and the second counts: the first also places the graph. */
  private async timeStep(): Promise<number> {
    const batches = this.plan.batchesOf(this.middlingStep());
    let seconds = 0;
    for (let time = 0; time < 2; time++) {
      const startedAt = performance.now();
      await this.trainer.accumulate(this.data, batches, this.signal);
      // A rate of 0 changes no weight, and an update costs what it costs.
      await this.model.update({
        learningRate: 0,
        maxGradNorm: this.request.config.maxGradNorm,
        weightDecay: 0,
      });
      seconds = (performance.now() - startedAt) / 1000;
    }
    return seconds;
  }

  /** Of the first epoch, by how much there is to compute. */
  private middlingStep(): number {
    const { items } = this.data;
    const tokensOf = (step: number) =>
      this.plan
        .batchesOf(step)
        .flat()
        .flatMap((index) => items[index]?.sequences ?? [])
        .reduce((sum, { tokens }) => sum + tokens.length, 0);
    const steps = Array.from({ length: this.plan.stepsPerEpoch }, (_, step) => ({
      step,
      tokens: tokensOf(step),
    }));
    steps.sort((a, b) => a.tokens - b.tokens);
    return steps[steps.length >> 1]?.step ?? 0;
  }

  private async reckonWhole(secondsPerStep: number): Promise<number> {
    const { config } = this.request;
    const forward = await this.timeForward();
    const trainBatches = this.data.items.length / config.batchSize;
    const heldOutBatches = (this.prepared.heldOut?.items.length ?? 0) / config.batchSize;
    const between =
      config.evalEverySteps === null ? 0 : Math.floor(this.plan.totalSteps / config.evalEverySteps);
    // Before the first step, after the last, and between; the reference judges each row once.
    const evaluations = heldOutBatches * (2 + between);
    const reference = this.trainer.usesReference ? trainBatches + heldOutBatches : 0;
    return secondsPerStep * this.plan.totalSteps + forward * (evaluations + reference);
  }

  private async timeForward(): Promise<number> {
    const batch = this.plan.batchesOf(this.middlingStep())[0] ?? [];
    const items = batch.flatMap((index) => this.data.items[index] ?? []);
    const judged = { items, refLogProbs: items.map(({ sequences }) => sequences.map(() => -1)) };
    await this.trainer.evaluate(judged, this.signal);
    const startedAt = performance.now();
    await this.trainer.evaluate(judged, this.signal);
    return (
      ((performance.now() - startedAt) / 1000) * (this.request.config.batchSize / Math.max(1, items.length))
    );
  }
}
