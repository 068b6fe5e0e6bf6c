/** What the process that scores is asked, and what it says: one answer to each question, in their order. */
import { z } from 'zod';
import { chatTurnSchema } from '../../common/contracts/generation.js';
import { runErrorSchema } from '../../common/contracts/run-events.js';

export const scoreQuestionSchema = z.strictObject({
  id: z.int(),
  source: z.strictObject({
    modelPath: z.string(),
    adapterPath: z.string(),
    gpu: z.enum(['auto', 'cuda', 'vulkan', 'metal', 'off']),
    llamaDirectory: z.string().nullable(),
    threads: z.int().min(1).nullable(),
  }),
  prompts: z.array(z.strictObject({ turns: z.array(chatTurnSchema), answers: z.array(z.string()) })),
});
export type ScoreQuestion = z.infer<typeof scoreQuestionSchema>;

export const scoreReplySchema = z.discriminatedUnion('type', [
  /** `[prompt][answer]`. */
  z.strictObject({ type: z.literal('scores'), id: z.int(), scores: z.array(z.array(z.number())) }),
  z.strictObject({ type: z.literal('failed'), id: z.int(), error: runErrorSchema }),
]);
export type ScoreReply = z.infer<typeof scoreReplySchema>;
