/**
 * What a run will take, found out on the machine that would do it: its data read, its model opened, its memory planned as the run plans it,
 * and one step of middling length computed and timed. Trains nothing and writes nothing.
 */
import type { RunEstimate } from '../../common/contracts/run-records.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import type { Learner, LearnerStep } from './learner.js';
import { largestShape } from './memory.js';
import { openLearner } from './open-learner.js';
import { openRunModel } from './open-run-model.js';
import { prepareRun, type PreparedRun } from './prepare-run.js';
import type { RunRequest } from './run-request.js';

export type MeasuredRun = Omit<RunEstimate, 'measuredBesideRun'>;

/** @throws AppError what a run throws before its first step */
export async function measureRun(request: RunRequest, signal: AbortSignal): Promise<MeasuredRun> {
  const startedAt = performance.now();
  const prepared = await prepareRun(request, signal);
  using model = await openAsItFits(request, prepared);
  await using learner = await openLearner({ request, prepared, model, emit: () => {}, signal });
  const openingSeconds = (performance.now() - startedAt) / 1000;
  const measured = await new Measurement(request, prepared, model, learner).take();
  return { ...measured, seconds: measured.seconds === null ? null : measured.seconds + openingSeconds };
}

/** As the run itself will: with layers computed again where it would not fit otherwise. */
async function openAsItFits(request: RunRequest, { train }: PreparedRun): Promise<TrainableModel> {
  const model = await openRunModel(request);
  const { total, available } = model.planMemory(largestShape(train.items, request.config));
  if (total <= available || request.recomputeLayers) return model;
  model[Symbol.dispose]();
  return openRunModel({ ...request, recomputeLayers: true });
}

class Measurement {
  constructor(
    private readonly request: RunRequest,
    private readonly prepared: PreparedRun,
    private readonly model: TrainableModel,
    private readonly learner: Learner,
  ) {}

  async take(): Promise<MeasuredRun> {
    const { train, heldOut } = this.prepared;
    const { info } = this.model;
    const memory = this.model.planMemory(largestShape(train.items, this.request.config));
    const fits = memory.total <= memory.available;
    const times = fits ? await this.time() : null;
    return {
      device: info.device,
      trainableParameterCount: info.trainableParameterCount,
      totalSteps: this.learner.plan.totalSteps,
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

  private async time(): Promise<{ step: number; whole: number }> {
    const step = this.middlingStep();
    // Twice, and the second counts: the first also places the graph.
    await this.learn(step);
    const startedAt = performance.now();
    const measured = await this.learn(step);
    const seconds = (performance.now() - startedAt) / 1000;
    const { begin, evaluation } = await this.learner.reckon(step, measured);
    const { evalEverySteps } = this.request.config;
    const { totalSteps } = this.learner.plan;
    // Before the first step, after the last, and between.
    const evaluations = 2 + (evalEverySteps === null ? 0 : Math.floor(totalSteps / evalEverySteps));
    return { step: seconds, whole: begin + seconds * totalSteps + evaluation * evaluations };
  }

  private learn(step: number): Promise<LearnerStep> {
    const { maxGradNorm } = this.request.config;
    return this.learner.learn(step, {
      // A rate of 0 changes no weight, and an update costs what it costs.
      update: async () =>
        (await this.model.update({ learningRate: 0, maxGradNorm, weightDecay: 0 })).gradNorm,
    });
  }

  /** Of the first epoch, by how much there is to compute. */
  private middlingStep(): number {
    const { items } = this.prepared.train;
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
