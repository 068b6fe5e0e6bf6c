/** Reward models at work: which one judges a model's answers, and the scores that it gives them. */
import { z } from 'zod';

/** An entry of `GET /api/reward-models`. */
export const rewardModelSchema = z.strictObject({
  id: z.uuid(),
  /** Of the base; it judges versions of that model alone. */
  modelId: z.uuid(),
  name: z.string(),
  /** Share of held-out pairs that it ordered rightly at the end of its run; null where none were held out. */
  accuracy: z.number().min(0).max(1).nullable(),
  /** It is the one that judges now: chosen by an admin, else the newest. */
  isJudge: z.boolean(),
  createdAt: z.iso.datetime(),
});
export type RewardModel = z.infer<typeof rewardModelSchema>;

/** Body of `PUT /api/models/:id/judge`; null leaves it to the newest reward model. */
export const chooseJudgeSchema = z.strictObject({ versionId: z.uuid().nullable() });
export type ChooseJudge = z.infer<typeof chooseJudgeSchema>;

/** Job of the `score` queue; the scores go into their table, and the job's result is how many they are. */
export const scoreJobSchema = z.strictObject({
  rewardVersionId: z.uuid(),
  generationIds: z.array(z.uuid()).min(1).max(64),
});
export type ScoreJob = z.infer<typeof scoreJobSchema>;

/** What a reward model gave an answer. Only differences between answers to one prompt mean something. */
export const answerScoreSchema = z.strictObject({
  /** The message; of an answer outside of the chat, the generation. */
  messageId: z.uuid(),
  score: z.number(),
  /** As it was called then. */
  rewardName: z.string(),
  createdAt: z.iso.datetime(),
});
export type AnswerScore = z.infer<typeof answerScoreSchema>;
