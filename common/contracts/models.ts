import { z } from 'zod';

/** `file:PATH`, `hf:OWNER/REPO/FILE`, `https:URL`, `pip:PACKAGE==VERSION#PATH-IN-PACKAGE`. */
export const modelSourceSchema = z
  .string()
  .max(2000)
  .regex(
    /^(file:.+|hf:[^/]+\/[^/]+\/.+|https?:.+|pip:[\w.-]+==[\w.-]+#.+)$/,
    'expected file:PATH, hf:OWNER/REPO/FILE, https:URL or pip:PACKAGE==VERSION#PATH',
  );

/** A model that Attune knows how to get; `models/catalogue.json` lists them. */
export const catalogueEntrySchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  name: z.string().min(1),
  description: z.string(),
  licence: z.string().min(1),
  parameters: z.int().positive().meta({ unit: 'weights' }),
  sizeBytes: z.int().positive(),
  /** Weights plus a context of 4,096 tokens and working memory. */
  memoryBytes: z.int().positive(),
  contextTokens: z.int().positive(),
  /** Tried in order. */
  sources: z
    .array(
      z.strictObject({
        source: modelSourceSchema,
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .optional(),
      }),
    )
    .min(1),
});
export type CatalogueEntry = z.infer<typeof catalogueEntrySchema>;

export const downloadStates = ['queued', 'running', 'verifying', 'complete', 'cancelled', 'failed'] as const;

/** A model on its way here. What was received stays when it is cancelled or fails, and is gone on with when it is resumed. */
export interface Download {
  id: string;
  name: string;
  catalogueId: string | null;
  state: (typeof downloadStates)[number];
  receivedBytes: number;
  /** Null while it is not known. */
  totalBytes: number | null;
  /** The source that is being read. */
  source: string | null;
  error: { code: string; message: string } | null;
  /** The model that it became. */
  modelId: string | null;
  createdAt: string;
}

/** Job of the `models` queue. */
export const obtainJobSchema = z.strictObject({ downloadId: z.uuid() });
export type ObtainJob = z.infer<typeof obtainJobSchema>;

/** A base model on this installation. */
export interface Model {
  id: string;
  name: string;
  catalogueId: string | null;
  licence: string | null;
  sizeBytes: number;
  sha256: string;
  architecture: string;
  parameters: number;
  contextTokens: number;
  isDefault: boolean;
  /** The untuned version of it; what a conversation or a completion names. */
  baseVersionId: string;
  createdAt: string;
}
/** What can answer: a base, or an adapter on a base. */
export interface ModelVersion {
  id: string;
  modelId: string;
  /** What `/v1/models` lists and a completion's `model` names. */
  name: string;
  hasAdapter: boolean;
  isLive: boolean;
  createdAt: string;
}
export interface CatalogueItem extends CatalogueEntry {
  /** Does it fit this machine's memory? */
  fits: boolean;
  modelId: string | null;
  download: Download | null;
}
export const addModelSchema = z.union([
  z.strictObject({ catalogueId: z.string() }),
  z.strictObject({
    source: modelSourceSchema,
    name: z.string().trim().min(1).max(100),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  }),
]);
