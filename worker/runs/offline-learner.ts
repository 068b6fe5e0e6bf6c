/** Learns from answers that are there: rows of a file, judged by the frozen reference where the kind asks for it. */
import type { OfflineKind } from '../../common/contracts/runs.js';
import type { Item } from '../data/tokenise.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import type { JudgedItems } from './judged-items.js';
import type { Learner, LearnerOptions, LearnerStep, Reckoned, Updates } from './learner.js';
import type { PreparedRun } from './prepare-run.js';
import { Reference } from './reference.js';
import type { OfflineRequest } from './run-request.js';
import { StepPlan } from './step-plan.js';
import { Trainer } from './trainer.js';
import { countTokens, inOrder, toMicroBatches } from './units.js';

export class OfflineLearner implements Learner {
  readonly plan: StepPlan;
  carried = {};
  private readonly trainer: Trainer<OfflineKind>;
  private train: JudgedItems;
  private heldOut: JudgedItems | null;

  constructor(
    private readonly request: OfflineRequest,
    private readonly prepared: PreparedRun,
    private readonly model: TrainableModel,
    private readonly options: LearnerOptions,
  ) {
    const { config } = request;
    const { train, heldOut } = prepared;
    this.trainer = new Trainer<OfflineKind>(config.kind, config, model);
    this.plan = new StepPlan(train.items, config);
    this.train = unjudged(train.items);
    this.heldOut = heldOut && unjudged(heldOut.items);
  }

  async begin(): Promise<void> {
    if (!this.trainer.usesReference) return;
    const { request, options, model, prepared, plan } = this;
    const reference = new Reference(model, request, prepared.lineage, options);
    const steps = Array.from({ length: plan.stepsPerEpoch }, (_, step) => plan.batchesOf(step));
    this.train = await reference.judge('train', this.train.items, steps.flat());
    if (!this.heldOut) return;
    const batches = inOrder(this.heldOut.items.length, request.config.batchSize);
    this.heldOut = await reference.judge('held-out', this.heldOut.items, batches);
  }

  async learn(step: number, { update }: Updates): Promise<LearnerStep> {
    const { kind } = this.request.config;
    const batches = this.plan.batchesOf(step);
    const microBatches = [...toMicroBatches(kind, this.train, batches)];
    const { loss, metrics } = await this.trainer.accumulate(microBatches, this.options);
    const gradNorm = await update(loss, 0);
    return {
      metrics: { loss, grad_norm: gradNorm, ...metrics.toRecord() },
      tokenCount: countTokens(kind, this.train.items, batches.flat()),
    };
  }

  async evaluate(): Promise<Record<string, number> | null> {
    const { heldOut, options } = this;
    if (!heldOut) return null;
    const { kind, batchSize } = this.request.config;
    const batches = inOrder(heldOut.items.length, batchSize);
    const microBatches = toMicroBatches(kind, heldOut, batches);
    return this.trainer.evaluate(microBatches, options.signal, (done) =>
      options.emit({ type: 'phase', phase: 'evaluating', done, total: batches.length }),
    );
  }

  async reckon(step: number): Promise<Reckoned> {
    const { kind, batchSize } = this.request.config;
    const batches = this.plan.batchesOf(step).slice(0, 1);
    const forward = () =>
      this.trainer.evaluate(toMicroBatches(kind, this.train, batches), this.options.signal);
    // The first also places the graph.
    await forward();
    const startedAt = performance.now();
    await forward();
    const perExample = (performance.now() - startedAt) / 1000 / Math.max(1, batches.flat().length);
    const perBatch = perExample * batchSize;
    const [train, heldOut] = [this.train, this.heldOut].map((data) => (data?.items.length ?? 0) / batchSize);
    const evaluation = perBatch * (heldOut ?? 0);
    const begin = this.trainer.usesReference ? perBatch * (train ?? 0) + evaluation : 0;
    return { begin, evaluation };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing of its own: the model is the run's.
  }
}

/** Before the reference was asked: numbers that change no duration. */
function unjudged(items: readonly Item[]): JudgedItems {
  return { items, refLogProbs: items.map(({ sequences }) => sequences.map(() => -1)) };
}
