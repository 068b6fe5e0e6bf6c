/** The rewards of a run: opened once, given to every answer by name, and added up by their weights. */
import { scoreCheck } from '../../common/checks/score-check.js';
import { AppError } from '../../common/contracts/errors.js';
import { nameRewards, type Reward, type RewardOf, type RewardType } from '../../common/contracts/rewards.js';
import { RewardScorer } from '../runs/reward-scorer.js';
import type { RunRequest } from '../runs/run-request.js';
import { JudgeReward } from './judge.js';
import type { PolicySampler } from './policy-sampler.js';
import type { AnsweredPrompt, RewardSource } from './reward-source.js';

export type RewardHouse = Pick<
  RunRequest,
  'modelPath' | 'gpu' | 'llamaDirectory' | 'threads' | 'rewardAdapters'
> & { sampler: PolicySampler };

export interface RewardedAnswer {
  /** By name, before weights; null where a reward had nothing to say. */
  rewards: Record<string, number | null>;
  /** Weighted sum of those that were given; null where none was. */
  total: number | null;
}

type Openers = { [T in RewardType]: (reward: RewardOf<T>, house: RewardHouse) => Promise<RewardSource> };

const openers: Openers = {
  check: ({ check }) =>
    Promise.resolve({
      score: (prompts) =>
        Promise.resolve(
          prompts.map(({ turns, answers }) =>
            answers.map((answer) => scoreCheck(check, { prompt: turns, answer })),
          ),
        ),
      [Symbol.dispose]: () => {},
    }),
  model: async ({ versionId }, house) => {
    const scorer = await RewardScorer.open({ ...house, adapterPath: adapterOf(versionId, house) });
    return {
      score: (prompts, signal) => scorer.scoreAny(prompts, { signal }),
      [Symbol.dispose]: () => scorer[Symbol.dispose](),
    };
  },
  judge: async ({ prompt, versionId }, house) => {
    const { sampler } = house;
    const adapter = versionId === null ? null : await sampler.model.openAdapter(adapterOf(versionId, house));
    return new JudgeReward(sampler, prompt, adapter);
  },
};

export class Rewards implements Disposable {
  private constructor(
    readonly names: readonly string[],
    private readonly sources: readonly { weight: number; source: RewardSource }[],
  ) {}

  /**
   * @throws AppError `RUN_REWARD_GONE` for a version that is not here, `REWARD_MODEL_UNFIT` for one that scores nothing,
   *   `ADAPTER_MISMATCH` for one of another base
   */
  static async open(
    rewards: readonly Reward[],
    house: RewardHouse,
    names = nameRewards(rewards),
  ): Promise<Rewards> {
    const sources: { weight: number; source: RewardSource }[] = [];
    try {
      for (const reward of rewards)
        sources.push({ weight: reward.weight, source: await openReward(reward, house) });
      return new Rewards(names, sources);
    } catch (error) {
      for (const { source } of sources) source[Symbol.dispose]();
      throw error;
    }
  }

  /** @returns `[prompt][answer]` */
  async give(prompts: readonly AnsweredPrompt[], signal: AbortSignal): Promise<RewardedAnswer[][]> {
    const answers = prompts.map((prompt) =>
      prompt.answers.map((): RewardedAnswer => ({ rewards: {}, total: null })),
    );
    for (const [index, { weight, source }] of this.sources.entries()) {
      const name = this.names[index] ?? '';
      const scores = await source.score(prompts, signal);
      for (const [group, row] of answers.entries())
        for (const [place, answer] of row.entries())
          add(answer, name, weight, scores[group]?.[place] ?? null);
    }
    return answers;
  }

  [Symbol.dispose](): void {
    for (const { source } of this.sources) source[Symbol.dispose]();
  }
}

function openReward<T extends RewardType>(reward: RewardOf<T>, house: RewardHouse): Promise<RewardSource> {
  return openers[reward.type as T](reward, house);
}

/** A number that is none, as a broken reward model gives it, is no reward. */
function add(answer: RewardedAnswer, name: string, weight: number, score: number | null): void {
  const given = score !== null && Number.isFinite(score) ? score : null;
  answer.rewards[name] = given;
  if (given !== null) answer.total = (answer.total ?? 0) + weight * given;
}

function adapterOf(versionId: string, { rewardAdapters }: RewardHouse): string {
  const adapter = rewardAdapters[versionId];
  if (adapter === undefined) throw new AppError('RUN_REWARD_GONE', { versionId });
  return adapter;
}
