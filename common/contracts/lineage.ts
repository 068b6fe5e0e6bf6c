/** Where a version comes from and what came of it: base, data, settings, code; runs, evaluations and promotions; as a graph and as a card. */
import { z } from 'zod';
import { runConfigSchema } from './runs.js';

const timestamp = z.iso.datetime();
const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const named = z.strictObject({ id: z.uuid(), name: z.string() });

/** What a run says of its result: enough to make it again, and to refuse to mix it with another. */
export const trainingLineageSchema = z.object({
  config: runConfigSchema,
  baseSha256: sha256,
  baseName: z.string(),
  architecture: z.string(),
  dataSha256: sha256,
  /** Of the file to judge by, where there is one. */
  heldOutSha256: sha256.nullable(),
  /** Of the adapter that the run went on from, where there is one. */
  startAdapterSha256: sha256.nullable(),
  templateSha256: z.string(),
  /** `0.1.0+a1b2c3d` where the sources are a Git checkout. */
  codeVersion: z.string(),
});
export type TrainingLineage = z.infer<typeof trainingLineageSchema>;

/** As they were called then; they may be gone. */
export const versionOriginSchema = z.strictObject({ run: named, dataset: named, start: named });
export type VersionOrigin = z.infer<typeof versionOriginSchema>;

export const lineageNodeTypes = ['base', 'version', 'dataset', 'run', 'evaluation', 'promotion'] as const;
export type LineageNodeType = (typeof lineageNodeTypes)[number];

export const lineageNodeSchema = z.strictObject({
  id: z.uuid(),
  type: z.enum(lineageNodeTypes),
  /** Of an evaluation the version that it was judged against, of a promotion whoever did it; empty once their account is gone. */
  name: z.string(),
  /** A run's kind, an evaluation's state, a promotion's kind; null for the others. */
  detail: z.string().nullable(),
  /** Null for what is gone. */
  at: timestamp.nullable(),
  isGone: z.boolean(),
});
export type LineageNode = z.infer<typeof lineageNodeSchema>;

/** Every node stands behind those that it comes from. */
export const lineageGraphSchema = z.strictObject({
  nodes: z.array(lineageNodeSchema),
  /** What came of what, by ids. */
  edges: z.array(z.strictObject({ from: z.uuid(), to: z.uuid() })),
});
export type LineageGraph = z.infer<typeof lineageGraphSchema>;

/** `GET /api/versions/:id/lineage`. */
export const versionLineageSchema = z.strictObject({
  version: named.extend({ modelId: z.uuid(), isLive: z.boolean(), createdAt: timestamp }),
  base: named.extend({ sha256: z.string(), licence: z.string().nullable(), source: z.string() }),
  /** Null for a base. */
  origin: versionOriginSchema.nullable(),
  /** Null for a base. */
  training: trainingLineageSchema.nullable(),
  feedback: z.strictObject({
    /** Acts that it learnt from and that are there still. */
    learnt: count,
    /** Of these, those that count now: neither changed nor taken back since. */
    counted: count,
    /** Acts that have been erased since. */
    erased: count,
  }),
  graph: lineageGraphSchema,
});
export type VersionLineage = z.infer<typeof versionLineageSchema>;

/** A version that learnt from something. */
export const learnerSchema = named.extend({ isLive: z.boolean() });
export type Learner = z.infer<typeof learnerSchema>;
