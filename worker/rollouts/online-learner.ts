/**
 * Learns from what the model itself answers. A step is one rollout: answers sampled by the policy of this moment, judged, weighed by the
 * algorithm, and learnt from in one or several passes, each of one or several updates.
 */
import { shuffled } from '../data/shuffled.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import type { Carried, OnlineAlgorithm, SampledUnit, Weighed } from '../rlhf/algorithm.js';
import { onlineAlgorithmOf } from '../rlhf/index.js';
import { MetricTally } from '../rlhf/metrics.js';
import type { OnlineConfig, OnlineKind } from '../../common/contracts/runs.js';
import type { Learner, LearnerOptions, LearnerStep, Reckoned, Updates } from '../runs/learner.js';
import type { PreparedItems, PreparedRun } from '../runs/prepare-run.js';
import type { OnlineRequest } from '../runs/run-request.js';
import { StepPlan } from '../runs/step-plan.js';
import { Trainer, type MicroBatch } from '../runs/trainer.js';
import { RolloutCollector, type AskedPrompt } from './collector.js';
import { answerSeed } from './policy-sampler.js';
import { toLessonBatches } from './lesson-batches.js';
import { countRolloutTokens, type Group } from './rollout.js';
import { toRolloutEvent } from './rollout-event.js';
import { measureDifference, type Difference } from './sampler-difference.js';
import { TextMix } from './text-mix.js';
import { startValueHead } from './value-head.js';

/** Keeps the random numbers of what is held out apart from every step's. */
const heldOutSeed = 0x5eed;

export interface OnlineLearnerOptions extends LearnerOptions {
  request: OnlineRequest;
  prepared: PreparedRun;
  model: TrainableModel;
}

export class OnlineLearner implements Learner {
  readonly plan: StepPlan;
  carried: Carried = {};
  private readonly config: OnlineConfig;
  private readonly algorithm: OnlineAlgorithm<OnlineConfig>;
  private readonly trainer: Trainer<OnlineKind>;
  private readonly mix: TextMix | null;

  private constructor(
    private readonly options: OnlineLearnerOptions,
    private readonly collector: RolloutCollector,
  ) {
    const { request, prepared, model } = options;
    this.config = request.config;
    // Each algorithm reads its own kind's settings, and is never given another's.
    this.algorithm = onlineAlgorithmOf(this.config.kind) as OnlineAlgorithm<OnlineConfig>;
    this.trainer = new Trainer<OnlineKind>(this.config.kind, this.config, model);
    this.plan = new StepPlan(prepared.train.items, this.config);
    this.mix = prepared.mix && new TextMix(prepared.mix.items, this.config, model);
  }

  /** @throws AppError what the sampler and the rewards refuse */
  static async open(options: OnlineLearnerOptions): Promise<OnlineLearner> {
    return new OnlineLearner(options, await RolloutCollector.open(options));
  }

  async begin(): Promise<void> {
    const { request, model } = this.options;
    await startValueHead(model, request);
    if (request.startAdapterPath !== null) this.collector.start = model.exportParameters();
  }

  async learn(step: number, updates: Updates): Promise<LearnerStep> {
    const { prepared, emit } = this.options;
    const { seed, groupSize } = this.config;
    const indices = this.plan.batchesOf(step).flat();
    const { groups, metrics } = await this.collector.collect(pick(prepared.train, indices), {
      step,
      groupSize,
      seedOf: (prompt, answer) => answerSeed(seed, step, prompt, answer),
    });
    const weighed = this.algorithm.weigh(
      this.config,
      groups.map(({ judged }) => judged),
      this.carried,
    );
    emit(toRolloutEvent(step + 1, groups, weighed.lessons));
    const difference = measureDifference(pairsOf(groups));
    const startedAt = performance.now();
    const learnt = await this.#update(step, groups, weighed, { difference, updates });
    this.carried = weighed.carried;
    return {
      metrics: {
        ...learnt,
        ...metrics,
        ...weighed.metrics,
        ...describeDifference(difference),
        'time/learning': (performance.now() - startedAt) / 1000,
      },
      tokenCount: countRolloutTokens(groups),
    };
  }

  async evaluate(): Promise<Record<string, number> | null> {
    const { prepared, emit } = this.options;
    const { heldOut } = prepared;
    if (!heldOut) return null;
    const total = heldOut.items.length;
    emit({ type: 'phase', phase: 'evaluating', done: 0, total });
    const { metrics } = await this.collector.collect(
      pick(
        heldOut,
        heldOut.items.map((_, index) => index),
      ),
      {
        step: 0,
        groupSize: 1,
        seedOf: (prompt) => answerSeed(this.config.seed, heldOutSeed, prompt),
      },
    );
    emit({ type: 'phase', phase: 'evaluating', done: total, total });
    return Object.fromEntries(Object.entries(metrics).filter(([name]) => !name.startsWith('time/')));
  }

  /** The held-out prompts are answered once each, as fast as a step's. */
  reckon(step: number, { metrics }: LearnerStep): Promise<Reckoned> {
    const answers = this.plan.batchesOf(step).flat().length * this.config.groupSize;
    const seconds = (metrics['time/sampling'] ?? 0) + (metrics['time/scoring'] ?? 0);
    const heldOut = this.options.prepared.heldOut?.items.length ?? 0;
    return Promise.resolve({ begin: 0, evaluation: (seconds / answers) * heldOut });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.collector[Symbol.dispose]();
    return Promise.resolve();
  }

  /** All updates of a step, or none: what fails half-way leaves the weights as the step found them. */
  async #update(
    step: number,
    groups: readonly Group[],
    weighed: Weighed,
    { difference, updates }: { difference: Difference; updates: Updates },
  ): Promise<Record<string, number>> {
    const { model, signal } = this.options;
    const batches = toLessonBatches(this.config, groups, { ...weighed, difference });
    const parts = this.#planUpdates(step, batches);
    const before = parts.length > 1 ? model.exportState() : null;
    const metrics = new MetricTally();
    let done = 0;
    try {
      for (const part of parts) {
        const outcome = await this.trainer.accumulate(part, { signal });
        metrics.merge(outcome.metrics);
        const mixed = (await this.mix?.accumulate(step * parts.length + done, signal)) ?? null;
        if (mixed) metrics.addMean('loss/ptx', mixed.perToken);
        const loss = outcome.loss + (mixed?.loss ?? 0);
        metrics.addMean('loss', loss);
        metrics.addMean('grad_norm', await updates.update(loss, done / parts.length));
        done++;
      }
    } catch (error) {
      if (before && done > 0) model.importState(before);
      throw error;
    }
    return metrics.toRecord();
  }

  /** The micro-batches of each update; a pass over several minibatches has its own order. */
  #planUpdates(step: number, batches: readonly MicroBatch<SampledUnit>[]): MicroBatch<SampledUnit>[][] {
    const { config } = this;
    const count = config.kind === 'ppo' ? Math.min(config.miniBatches, batches.length) : 1;
    return Array.from({ length: config.iterations }, (_, pass) => {
      const order = count > 1 ? shuffled(batches, answerSeed(config.seed, step, pass)) : batches;
      return Array.from({ length: count }, (_, part) => order.filter((_, index) => index % count === part));
    })
      .flat()
      .filter(({ length }) => length > 0);
  }
}

function pick({ items, prompts }: PreparedItems, indices: readonly number[]): AskedPrompt[] {
  return indices.flatMap((index) => {
    const tokens = items[index]?.sequences[0]?.tokens;
    const prompt = prompts[index];
    return tokens && prompt !== undefined ? [{ tokens, prompt }] : [];
  });
}

const pairsOf = (groups: readonly Group[]) =>
  groups.flatMap(({ answers, judged }) =>
    judged.flatMap(({ logProbs }, index) => {
      const sampler = answers[index]?.logProbs;
      return sampler ? [{ trainer: logProbs, sampler }] : [];
    }),
  );

/** Under our name, and under those that TRL gives it. */
const describeDifference = ({ mean, max }: Difference) => ({
  'sampling/logp_difference': mean,
  'sampling/sampling_logp_difference/mean': mean,
  'sampling/sampling_logp_difference/max': max,
});
