import { z } from 'zod';

/** Values for the placeholders of an error's message. */
export const errorDetailsSchema = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.array(z.string()).readonly()]),
);

/** An error as it is kept with what failed: by its code and details a page tells it in its reader's language. */
export const failureSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  /** Absent from what was kept before there were any. */
  details: errorDetailsSchema.optional(),
});
export type Failure = z.infer<typeof failureSchema>;
