/**
 * What a run will take, found out on the machine that would do it: its data read, its model opened, its memory planned as the run plans it,
 * and one step of middling length computed and timed. Trains nothing and writes nothing.
 */
import type { RunEstimate } from '../../common/contracts/run-records.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import type { Learner, LearnerStep } from './learner.js';
import { MemoryNeeds } from './memory.js';
import { openLearner } from './open-learner.js';
import { openRunModel } from './open-run-model.js';
import { prepareRun, type PreparedRun } from './prepare-run.js';
import type { RunRequest } from './run-request.js';
import { StepPlan } from './step-plan.js';

export type MeasuredRun = Omit<RunEstimate, 'measuredBesideRun'>;

/** @throws AppError what a run throws before its first step */
export async function measureRun(request: RunRequest, signal: AbortSignal): Promise<MeasuredRun> {
  const startedAt = performance.now();
  const prepared = await prepareRun(request, signal);
  const needs = await MemoryNeeds.of(request, prepared);
  using model = await openAsItFits(request, needs);
  const memory = needs.plan(model);
  const fits = memory.total <= memory.available;
  // What does not fit is not opened to be timed.
  const times = fits ? await measureTimes({ request, prepared, model, signal, startedAt }) : null;
  const { train, heldOut } = prepared;
  const { info } = model;
  return {
    device: info.device,
    trainableParameterCount: info.trainableParameterCount,
    totalSteps: new StepPlan(train.items, request.config).totalSteps,
    examples: train.items.length,
    heldOutExamples: heldOut?.items.length ?? 0,
    dropped: train.report.dropped,
    memoryBytes: memory.total,
    memoryAvailableBytes: memory.available,
    fits,
    secondsPerStep: times && times.step,
    seconds: times && times.whole,
  };
}

interface TimedRun {
  request: RunRequest;
  prepared: PreparedRun;
  model: TrainableModel;
  signal: AbortSignal;
  /** When reading it began. */
  startedAt: number;
}

/** Seconds of a step, and of the whole run with what comes before its first. */
async function measureTimes({ startedAt, ...parts }: TimedRun): Promise<{ step: number; whole: number }> {
  await using learner = await openLearner({ ...parts, emit: () => {} });
  const openingSeconds = (performance.now() - startedAt) / 1000;
  const { step, whole } = await new Measurement(parts, learner).take();
  return { step, whole: whole + openingSeconds };
}

/** As the run itself will: with layers computed again where it would not fit otherwise. */
async function openAsItFits(request: RunRequest, needs: MemoryNeeds): Promise<TrainableModel> {
  const model = await openRunModel(request);
  const { total, available } = needs.plan(model);
  if (total <= available || request.recomputeLayers) return model;
  model[Symbol.dispose]();
  return openRunModel({ ...request, recomputeLayers: true });
}

class Measurement {
  constructor(
    private readonly parts: Pick<TimedRun, 'request' | 'prepared' | 'model'>,
    private readonly learner: Learner,
  ) {}

  async take(): Promise<{ step: number; whole: number }> {
    const step = this.middlingStep();
    // Twice, and the second counts: the first also places the graph.
    await this.learn(step);
    const startedAt = performance.now();
    const measured = await this.learn(step);
    const seconds = (performance.now() - startedAt) / 1000;
    const { begin, evaluation } = await this.learner.reckon(step, measured);
    const { evalEverySteps } = this.parts.request.config;
    const { totalSteps } = this.learner.plan;
    // Before the first step, after the last, and between.
    const evaluations = 2 + (evalEverySteps === null ? 0 : Math.floor(totalSteps / evalEverySteps));
    return { step: seconds, whole: begin + seconds * totalSteps + evaluation * evaluations };
  }

  private learn(step: number): Promise<LearnerStep> {
    const { maxGradNorm } = this.parts.request.config;
    return this.learner.learn(step, {
      // A rate of 0 changes no weight, and an update costs what it costs.
      update: async () =>
        (await this.parts.model.update({ learningRate: 0, maxGradNorm, weightDecay: 0 })).gradNorm,
    });
  }

  /** Of the first epoch, by how much there is to compute. */
  private middlingStep(): number {
    const { items } = this.parts.prepared.train;
    const { plan } = this.learner;
    const tokensOf = (step: number) =>
      plan
        .batchesOf(step)
        .flat()
        .flatMap((index) => items[index]?.sequences ?? [])
        .reduce((sum, { tokens }) => sum + tokens.length, 0);
    const steps = Array.from({ length: plan.stepsPerEpoch }, (_, step) => ({ step, tokens: tokensOf(step) }));
    steps.sort((a, b) => a.tokens - b.tokens);
    return steps[steps.length >> 1]?.step ?? 0;
  }
}
