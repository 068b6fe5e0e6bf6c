/** What a run's own process is told. What it tells is `RunEvent`. */
import { z } from 'zod';
import { runRequestSchema } from '../runs/run-request.js';

export const childMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('start'), request: runRequestSchema }),
  z.strictObject({ type: z.literal('cancel') }),
]);
export type ChildMessage = z.infer<typeof childMessageSchema>;
