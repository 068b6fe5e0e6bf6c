/**
 * What an answer is worth to a reinforcement-learning run: a list of rewards, each with a weight; their weighted sum is what is learnt.
 *
 * Each is logged under a name of its own (`rewards/<name>/mean`), which follows from the list alone, so that page, log and worker agree.
 */
import { z } from 'zod';
import { checkSchema } from './checks.js';

const weight = z.number().min(-1000).max(1000).default(1).meta({
  title: 'Weight',
  description: 'Factor in the sum of all rewards; negative turns a reward into a price.',
});
/** A version's id; on the command line the path of its adapter. */
const versionId = z.string().min(1).max(4096);

const modelRewardSchema = z.strictObject({
  type: z.literal('model'),
  versionId: versionId.meta({ title: 'Reward model', description: 'A version that a reward run made.' }),
  weight,
});

const checkRewardSchema = z.strictObject({
  type: z.literal('check'),
  check: checkSchema.meta({ title: 'Rule', description: 'Worth 1 where the answer keeps it, down to 0.' }),
  weight,
});

const judgeRewardSchema = z.strictObject({
  type: z.literal('judge'),
  prompt: z.string().trim().min(1).max(4000).meta({
    title: 'What to judge by',
    description: 'The judge sees this, the question and the answer, and gives a grade; worth 0 to 1.',
  }),
  versionId: versionId.nullable().default(null).meta({
    title: 'Judge',
    description:
      'A version of the same model; empty lets the model itself judge, as it was before any training.',
  }),
  weight,
});

export const rewardSchema = z.discriminatedUnion('type', [
  modelRewardSchema,
  checkRewardSchema,
  judgeRewardSchema,
]);
export type Reward = z.infer<typeof rewardSchema>;
export type RewardType = Reward['type'];
export type RewardOf<T extends RewardType> = Extract<Reward, { type: T }>;

/** In a recipe of rounds, where no version has a name yet: what the reward run before it makes in the same round. */
const roundModelRewardSchema = z.strictObject({ type: z.literal('round_model'), weight });
export const stageRewardSchema = z.discriminatedUnion('type', [
  ...rewardSchema.options,
  roundModelRewardSchema,
]);
export type StageReward = z.infer<typeof stageRewardSchema>;

/** A name for each reward: its type, or its check's kind; later ones of the same name are numbered from 2. */
export function nameRewards(rewards: readonly Reward[]): string[] {
  const seen = new Map<string, number>();
  return rewards.map((reward) => {
    const name = reward.type === 'check' ? reward.check.kind : reward.type;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  });
}

/** Versions that must be there for these rewards to be given. */
export function listRewardVersions(rewards: readonly Reward[]): string[] {
  return [...new Set(rewards.flatMap((reward) => (reward.type === 'check' ? [] : (reward.versionId ?? []))))];
}
