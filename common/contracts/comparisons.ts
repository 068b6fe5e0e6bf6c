/**
 * Blind comparisons: two answers to one message, shown side by side without names, of which a person says which is better.
 *
 * Until the comparison is revealed, by its vote or by being skipped, nothing that leaves the server tells the two apart but their texts:
 * no provenance, usage, timings or probabilities, in the tree, in events, streams, exports or links.
 */
import { z } from 'zod';

/** `user` asked for it; `server` offered it by itself. */
export const comparisonOrigins = ['user', 'server'] as const;

export const comparisonSchema = z.strictObject({
  id: z.uuid(),
  conversationId: z.uuid(),
  /** The message that both answer. */
  parentId: z.uuid(),
  /** Drawn at random which answer stands where; on a narrow screen the left one stands above. */
  leftId: z.uuid(),
  rightId: z.uuid(),
  origin: z.enum(comparisonOrigins),
  createdAt: z.iso.datetime(),
  /** Null while names are hidden. A vote that is given or changed later was not blind. */
  revealedAt: z.iso.datetime().nullable(),
});
export type Comparison = z.infer<typeof comparisonSchema>;

/** What is compared. What would have answered anyway is the conversation's own version, or the live one. */
export const candidatesSchema = z.discriminatedUnion('type', [
  /** What would have answered, twice, with different seeds. */
  z.strictObject({ type: z.literal('seeds') }),
  /** What would have answered, and this version. */
  z.strictObject({ type: z.literal('challenger'), versionId: z.uuid() }),
  /** These two versions, of whatever models. */
  z.strictObject({ type: z.literal('pair'), firstId: z.uuid(), secondId: z.uuid() }),
]);
export type Candidates = z.infer<typeof candidatesSchema>;

/** `GET` and `PUT /api/comparisons/settings`: the admin's choice, for comparisons that people ask for and that the server offers. */
export const comparisonSettingsSchema = z.strictObject({
  /** Of the turns, how many the server answers twice by itself; 0 to 1. Only where what is said may be used for training. */
  share: z.number().min(0).max(1),
  /** Where a reward model can score both, people are asked about the pairs that it is least sure of; absent, about any. */
  asksUnsure: z.boolean().optional(),
  candidates: candidatesSchema,
});
export type ComparisonSettings = z.infer<typeof comparisonSettingsSchema>;
