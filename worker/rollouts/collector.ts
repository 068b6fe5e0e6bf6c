/**
 * From prompts to judged answers: the policy of this moment samples, the rewards are given, the trainer says what it thinks of every token.
 * Owns the sampler and the reward models; the model in training is the run's.
 */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AppError } from '../../common/contracts/errors.js';
import type { RunEvent } from '../../common/contracts/run-events.js';
import type { OnlineConfig } from '../../common/contracts/runs.js';
import { writeAdapterFile } from '../nn/adapter-file.js';
import type { NamedTensor, TrainableModel } from '../nn/trainable-model.js';
import { ResourceStack } from '../engine/resource-stack.js';
import { onlineAlgorithmOf } from '../rlhf/index.js';
import type { JudgedAnswer } from '../rlhf/algorithm.js';
import type { OnlineRequest } from '../runs/run-request.js';
import { PolicySampler, type SampledAnswer } from './policy-sampler.js';
import { PolicyView } from './policy-view.js';
import { Rewards, type RewardedAnswer } from './rewards.js';
import { toTurns, type Group } from './rollout.js';
import { describeRollout, disagreement } from './rollout-metrics.js';
import type { Text } from '../../common/data/rows.js';

export interface AskedPrompt {
  tokens: Int32Array;
  prompt: Text;
}

export interface CollectOptions {
  /** Of the run, from 0; told when something fails. */
  step: number;
  groupSize: number;
  seedOf(prompt: number, answer: number): number;
}

export interface Collected {
  groups: Group[];
  metrics: Record<string, number>;
}

interface CollectorParts {
  request: OnlineRequest;
  model: TrainableModel;
  sampler: PolicySampler;
  rewards: Rewards;
  /** Judges, and is not learnt from. */
  heldOut: Rewards | null;
  /** Where the policy lies for the sampler to read. */
  folder: string;
  emit(event: RunEvent): void;
  signal: AbortSignal;
  /** The above, released last to first. */
  owned: ResourceStack;
}

const heldOutName = 'held_out';

export class RolloutCollector implements Disposable {
  /** Weights of the adapter that the run went on from; null for the base. */
  start: readonly NamedTensor[] | null = null;

  private constructor(private readonly parts: CollectorParts) {}

  /** @throws AppError what the sampler and the rewards refuse */
  static async open(
    given: Pick<CollectorParts, 'request' | 'model' | 'emit' | 'signal'>,
  ): Promise<RolloutCollector> {
    const owned = new ResourceStack();
    try {
      const { request } = given;
      const { rewards, heldOutRewardVersionId: versionId } = request.config;
      const folder = await mkdtemp(path.join(tmpdir(), 'attune-policy-'));
      owned.own({ [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) });
      const sampler = owned.own(await PolicySampler.open(request));
      const house = { ...request, sampler };
      const opened = owned.own(await Rewards.open(rewards, house));
      const second = versionId === null ? [] : [{ type: 'model', versionId, weight: 1 } as const];
      const heldOut = owned.own(await Rewards.open(second, house, [heldOutName]));
      return new RolloutCollector({
        ...given,
        sampler,
        folder,
        rewards: opened,
        heldOut: versionId === null ? null : heldOut,
        owned,
      });
    } catch (error) {
      owned[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * @throws AppError `RUN_SAMPLER_FAILED`; `RUN_REWARDS_UNSCORED` when no answer of the step could be given any reward
   */
  async collect(prompts: readonly AskedPrompt[], options: CollectOptions): Promise<Collected> {
    const { request, model, rewards } = this.parts;
    const startedAt = performance.now();
    const answers = await this.#sample(prompts, options);
    const sampledAt = performance.now();
    const asked = prompts.map(({ tokens, prompt }, index) => ({
      prompt: tokens,
      turns: toTurns(prompt),
      answers: answers[index] ?? [],
    }));
    const texts = asked.map(({ turns, answers: row }) => ({ turns, answers: row.map(({ text }) => text) }));
    const { rewarded, second } = await this.#reward(texts);
    const scoredAt = performance.now();
    const { config } = request;
    const view = await new PolicyView(model, this.start).view(asked, {
      temperature: config.temperature,
      reads: onlineAlgorithmOf(config.kind).reads,
      batchSize: config.batchSize,
      signal: this.parts.signal,
    });
    const groups = asked.map((group, index): Group => {
      const row = rewarded[index] ?? [];
      const judged = group.answers.flatMap((answer, place): JudgedAnswer[] => {
        const seen = view[index]?.[place];
        const reward = toReward(row[place], answer, config);
        return seen ? [{ ...seen, reward, ended: answer.ended }] : [];
      });
      return { ...group, rewarded: row, judged };
    });
    this.#assertScored(groups, options.step);
    return {
      groups,
      metrics: {
        ...describeRollout(groups, rewards.names),
        ...describeSecond(groups, second),
        'time/sampling': (sampledAt - startedAt) / 1000,
        'time/scoring': (scoredAt - sampledAt) / 1000,
      },
    };
  }

  [Symbol.dispose](): void {
    this.parts.owned[Symbol.dispose]();
  }

  async #sample(
    prompts: readonly AskedPrompt[],
    { step, groupSize, seedOf }: CollectOptions,
  ): Promise<SampledAnswer[][]> {
    const { request, sampler, emit, signal } = this.parts;
    const { temperature, maxNewTokens } = request.config;
    const total = prompts.length * groupSize;
    let done = 0;
    const onAnswer = () => emit({ type: 'phase', phase: 'sampling', done: ++done, total });
    emit({ type: 'phase', phase: 'sampling', done, total });
    const adapterPath = await this.#writePolicy();
    const options = {
      adapterPath,
      groupSize,
      temperature,
      maxTokens: maxNewTokens,
      seedOf,
      signal,
      onAnswer,
    };
    try {
      return await sampler.sample(
        prompts.map(({ tokens }) => tokens),
        options,
      );
    } catch (error) {
      if (signal.aborted) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new AppError('RUN_SAMPLER_FAILED', { step: step + 1, reason }, error);
    }
  }

  /** The adapter in training, as the sampler reads it. */
  async #writePolicy(): Promise<string> {
    const { folder, model } = this.parts;
    const file = path.join(folder, 'policy.gguf');
    await writeAdapterFile(file, model);
    return file;
  }

  async #reward(texts: Parameters<Rewards['give']>[0]) {
    const { rewards, heldOut, emit, signal } = this.parts;
    const total = texts.length;
    emit({ type: 'phase', phase: 'scoring', done: 0, total });
    const rewarded = await rewards.give(texts, signal);
    const second = (await heldOut?.give(texts, signal)) ?? null;
    emit({ type: 'phase', phase: 'scoring', done: total, total });
    return { rewarded, second };
  }

  #assertScored(groups: readonly Group[], step: number): void {
    const all = groups.flatMap(({ judged }) => judged);
    if (all.some(({ reward }) => reward !== null)) return;
    throw new AppError('RUN_REWARDS_UNSCORED', { step: step + 1, count: all.length });
  }
}

/** What is learnt from: the weighted sum, less what an answer without an end and a long one cost. */
function toReward(
  rewarded: RewardedAnswer | undefined,
  { ended, tokens }: SampledAnswer,
  { missingEndPenalty, lengthPenalty, maxNewTokens }: OnlineConfig,
): number | null {
  const total = rewarded?.total ?? null;
  if (total === null) return null;
  const forEnd = ended ? 0 : (missingEndPenalty ?? 0);
  return total - forEnd - (lengthPenalty * tokens.length) / maxNewTokens;
}

/** The held-out judge's mean, and how often it orders two answers to the same prompt the other way. */
function describeSecond(
  groups: readonly Group[],
  second: readonly (readonly RewardedAnswer[])[] | null,
): Record<string, number> {
  if (!second) return {};
  const given = second.flatMap((row) => row.flatMap(({ total }) => total ?? []));
  const against = disagreement(
    groups.map(({ judged }, group) =>
      judged.map(({ reward }, answer) => ({ own: reward, other: second[group]?.[answer]?.total ?? null })),
    ),
  );
  const sum = given.reduce((total, value) => total + value, 0);
  return {
    ...(given.length > 0 && { [`rewards/${heldOutName}/mean`]: sum / given.length }),
    ...(against !== null && { [`rewards/${heldOutName}/disagreement`]: against }),
  };
}
