/** Which version answers whom before, or instead of, what is live: a canary's share of conversations, and the version a person stays on. */
import { z } from 'zod';

const named = z.strictObject({ id: z.uuid(), name: z.string() });

/** Body of `PUT /api/versions/:id/canary`. */
export const canaryShareSchema = z.strictObject({
  share: z.number().min(0.1).max(100).meta({ unit: '%' }),
});
export type CanaryShare = z.infer<typeof canaryShareSchema>;

/** What people made of a version in conversations that the canary could have drawn: in the chat, begun since, with nothing chosen. */
export const canaryArmSchema = z.strictObject({
  version: named,
  answers: z.int().min(0),
  thumbsUp: z.int().min(0),
  /** Up and down. */
  thumbs: z.int().min(0),
  /** Wilson's 95 % interval of the share of thumbs up; null without thumbs. */
  interval: z.strictObject({ lower: z.number().min(0).max(1), upper: z.number().min(0).max(1) }).nullable(),
});
export type CanaryArm = z.infer<typeof canaryArmSchema>;

export const canarySchema = z.strictObject({
  modelId: z.uuid(),
  /** Percent of the conversations that were begun since. */
  share: z.number(),
  createdAt: z.iso.datetime(),
  canary: canaryArmSchema,
  live: canaryArmSchema,
});
export type Canary = z.infer<typeof canarySchema>;

/** Body of `PUT /api/me/pin` and `PUT /api/users/:id/pin`. */
export const pinVersionSchema = z.strictObject({ versionId: z.uuid() });
export type PinVersion = z.infer<typeof pinVersionSchema>;

export const versionPinSchema = z.strictObject({
  versionId: z.uuid(),
  /** As it was called when it was pinned. */
  versionName: z.string(),
  /** True once the version is gone: what is live answers in its place. */
  isGone: z.boolean(),
});
export type VersionPin = z.infer<typeof versionPinSchema>;

/** `GET /api/me/pin`; null for a person who follows what is live. */
export const ownPinSchema = z.strictObject({ pin: versionPinSchema.nullable() });
export type OwnPin = z.infer<typeof ownPinSchema>;
