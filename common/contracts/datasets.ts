/**
 * Training data: what feedback, or a file, becomes before a run learns from it.
 *
 * A dataset is a frozen snapshot: one file a kind of data and split, in TRL's conversational JSONL, which nothing changes any more. Only
 * erasing a person takes rows out of it. Freezing the same name again makes its next version.
 */
import { z } from 'zod';
import { dataKinds, dataSplits, datasetFormats, type DataKind, type DataSplit } from './dataset-formats.js';
import { feedbackFilterSchema, promptScriptSchema } from './feedback-filter.js';
import { feedbackKindSchema } from './feedback.js';
import type { RunKind } from './runs.js';

export const dataKindSchema = z.enum(dataKinds);

/** Data that each kind of run learns from. */
export const dataKindOfRun = {
  sft: 'sft',
  pretrain: 'text',
  reward: 'preference',
  dpo: 'preference',
  orpo: 'preference',
  simpo: 'preference',
  kto: 'kto',
  grpo: 'prompt',
  rloo: 'prompt',
  ppo: 'prompt',
  best_of_n: 'prompt',
} as const satisfies Record<RunKind, DataKind>;

export const dataSplitSchema = z.enum(dataSplits);

/** Name of a snapshot's file: `preference.held-out.jsonl`. A file without rows is not written. */
export function toDataFileName(kind: DataKind, split: DataSplit): string {
  return `${kind}.${split.replace('_', '-')}.jsonl`;
}

export const splitSettingsSchema = z.strictObject({
  heldOutFraction: z.number().min(0).max(0.5).default(0.1).meta({
    title: 'Held out',
    unit: 'share of the rows',
    description: 'Kept from training to judge by; whole prompts, and whole people where there are enough.',
  }),
  seed: z.int().min(0).max(0xffff_ffff).default(42).meta({
    title: 'Seed',
    description: 'Decides which prompts and people; the same seed and data give the same split.',
  }),
});
export type SplitSettings = z.infer<typeof splitSettingsSchema>;

/** Prompts without an answer, for reinforcement learning. */
export const promptSourcesSchema = z.strictObject({
  /**
   * What people asked in conversations that may be used for training, rated or not. Of the filter, `from`, `to` and `raterIds` narrow it;
   * what led to an answer whose feedback was excluded stays out.
   */
  conversations: z.boolean().default(false),
  /** Their prompts; what answers to them have to keep is the run's to state, and does not come along. */
  setIds: z.array(z.uuid()).max(50).default([]),
});

/** What of the collected feedback goes in, and how. */
export const feedbackRecipeSchema = z.strictObject({
  /** False takes no act of feedback: prompts and other datasets alone. */
  includeFeedback: z.boolean().default(true),
  /** Narrowed further to what may be used for training and was not taken out. */
  filter: feedbackFilterSchema.default({}),
  /** Whether going on from one of several answers, which nobody was asked for, counts as a choice. */
  includePicks: z.boolean().default(true),
  /** `merge` makes one row of those that say the same, naming all their events; `keep` lets each weigh. */
  duplicates: z.enum(['merge', 'keep']).default('merge'),
  /** Datasets whose rows go in beside the feedback: uploaded ones, usually. */
  beside: z.array(z.uuid()).max(20).default([]),
  prompts: promptSourcesSchema.prefault({}),
});
export type FeedbackRecipe = z.infer<typeof feedbackRecipeSchema>;

export const datasetFormatSchema = z.enum(datasetFormats);

export const datasetSourceSchema = z.discriminatedUnion('type', [
  feedbackRecipeSchema.extend({ type: z.literal('feedback') }),
  z.strictObject({ type: z.literal('upload'), fileName: z.string(), format: datasetFormatSchema }),
]);
export type DatasetSource = z.infer<typeof datasetSourceSchema>;

const count = z.int().min(0);
export const dataCountsSchema = z.record(dataKindSchema, z.strictObject({ train: count, held_out: count }));
/** Rows by kind and split. */
export type DataCounts = z.infer<typeof dataCountsSchema>;

/** How the split came about: `prompt_and_person` keeps whole people apart as well. */
export const splitRules = ['none', 'prompt', 'prompt_and_person'] as const;
export const splitReportSchema = z.strictObject({
  rule: z.enum(splitRules),
  people: count,
  heldOutPeople: count,
  /** Rows in neither file: their prompt was asked on both sides of the line between people. */
  leftOut: count,
});
export type SplitReport = z.infer<typeof splitReportSchema>;

/** Lengths in characters. */
export const lengthsSchema = z.strictObject({
  min: count,
  median: count,
  mean: z.number().min(0),
  p95: count,
  max: count,
});
export type Lengths = z.infer<typeof lengthsSchema>;

/** Why an act became no row. */
export const skipReasons = [
  'tie',
  'pick',
  'message_gone',
  'answer_empty',
  'answers_equal',
  'answer_unfinished',
] as const;
export type SkipReason = (typeof skipReasons)[number];

export const datasetReportSchema = z.strictObject({
  split: splitReportSchema,
  /** Rows that said the same as another and were merged into it. */
  merged: count,
  /** Rows that nearly repeat another one of their kind. */
  nearDuplicates: count,
  /** Rows that another row says the opposite of. */
  contradictions: count,
  /** Acts that became no row, by reason. */
  skipped: z.partialRecord(z.enum(skipReasons), count),
  /** Of prompts, and of answers by what they are: `answer`, `chosen`, `rejected`. */
  lengths: z.record(z.string(), lengthsSchema),
  /** Rows by what the last question before the answer is written in. */
  scripts: z.record(promptScriptSchema, count),
  /** Rows by whose judgement they are, the busiest first, at most 20. */
  raters: z.array(z.strictObject({ userId: z.uuid(), count })),
  raterCount: count,
});
export type DatasetReport = z.infer<typeof datasetReportSchema>;

const timestamp = z.iso.datetime();

export const datasetSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  /** Counts from 1 within a name. */
  version: z.int().min(1),
  source: datasetSourceSchema,
  splitSettings: splitSettingsSchema,
  /** Over the files as they were frozen: SHA-256, hex. */
  contentHash: z.string(),
  counts: dataCountsSchema,
  report: datasetReportSchema,
  /** Rows taken out since, because the people they came from were erased. */
  erasedRows: count,
  /** Null once that account is gone. */
  createdBy: z.uuid().nullable(),
  createdAt: timestamp,
});
export type Dataset = z.infer<typeof datasetSchema>;

export const datasetNameSchema = z.string().trim().min(1).max(100);

/** Body of `POST /api/datasets/preview`. */
export const previewDatasetSchema = feedbackRecipeSchema.extend({
  splitSettings: splitSettingsSchema.prefault({}),
});
export type PreviewDataset = z.infer<typeof previewDatasetSchema>;

/** Body of `POST /api/datasets`: the same under a name. */
export const freezeDatasetSchema = previewDatasetSchema.extend({ name: datasetNameSchema });
export type FreezeDataset = z.infer<typeof freezeDatasetSchema>;

/** A row as TRL reads it; its columns by its kind. */
const rowSchema = z.looseObject({
  id: z.string(),
  events: z.array(z.string()),
  /** Of a prompt: the messages, or the prompts of sets, that ask it. */
  sources: z.array(z.string()).optional(),
});
export type DatasetRow = z.infer<typeof rowSchema>;

export const datasetPreviewSchema = z.strictObject({
  counts: dataCountsSchema,
  report: datasetReportSchema,
  /** A few rows of each kind, drawn by their hash. */
  examples: z.array(z.strictObject({ kind: dataKindSchema, row: rowSchema })),
});
export type DatasetPreview = z.infer<typeof datasetPreviewSchema>;

/** An event that a row goes back to. */
export const rowEventSchema = z.strictObject({
  id: z.uuid(),
  kind: feedbackKindSchema,
  userId: z.uuid(),
  /** Null for an answer of the API. */
  conversationId: z.uuid().nullable(),
  messageIds: z.array(z.uuid()),
  createdAt: timestamp,
});
export type RowEvent = z.infer<typeof rowEventSchema>;

/** What a prompt goes back to: a message, or a prompt of a set. */
export const promptOriginSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('message'),
    id: z.uuid(),
    conversationId: z.uuid(),
    userId: z.uuid(),
    createdAt: timestamp,
  }),
  z.strictObject({ type: z.literal('prompt_set'), id: z.uuid(), setId: z.uuid(), setName: z.string() }),
]);
export type PromptOrigin = z.infer<typeof promptOriginSchema>;

/** `GET /api/datasets/:id/items?kind=&split=&limit=&offset=` */
export const datasetItemsQuerySchema = z.strictObject({
  kind: dataKindSchema,
  split: dataSplitSchema,
  limit: z.coerce.number().int().min(1).max(100).default(20),
  offset: z.coerce.number().int().min(0).default(0),
});
export type DatasetItemsQuery = z.infer<typeof datasetItemsQuerySchema>;

export const datasetItemSchema = z.strictObject({
  row: rowSchema,
  /** Events that are still there; an erased conversation took its own along. */
  events: z.array(rowEventSchema),
  /** Of a prompt: messages and prompts of sets that are still there. */
  origins: z.array(promptOriginSchema),
});
export type DatasetItem = z.infer<typeof datasetItemSchema>;

/** What the second dataset has that the first has not, and the reverse; by what the rows say. */
export const datasetDiffSchema = z.strictObject({
  added: z.partialRecord(dataKindSchema, count),
  removed: z.partialRecord(dataKindSchema, count),
  kept: z.partialRecord(dataKindSchema, count),
  /** Kept rows that are on the other side of the split now. */
  moved: count,
  /** The first few of each. */
  addedRows: z.array(rowSchema),
  removedRows: z.array(rowSchema),
});
export type DatasetDiff = z.infer<typeof datasetDiffSchema>;

/** `GET /api/datasets/:id/download?format=&kind=&split=` */
export const downloadDatasetSchema = z.strictObject({
  format: datasetFormatSchema,
  kind: dataKindSchema,
  split: z.enum([...dataSplits, 'all']).default('all'),
});
export type DownloadDataset = z.infer<typeof downloadDatasetSchema>;

/** A filter as a query string has it: its JSON. */
const filterText = z
  .string()
  .max(20_000)
  .default('{}')
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'expected a filter as JSON' });
      return z.NEVER;
    }
  })
  .pipe(feedbackFilterSchema);

/** `GET /api/feedback/export?format=&kind=&filter=`: a selection as rows, without freezing it. */
export const exportFeedbackSchema = z.strictObject({
  format: datasetFormatSchema,
  kind: dataKindSchema.exclude(['prompt']),
  filter: filterText,
});
export type ExportFeedback = z.infer<typeof exportFeedbackSchema>;

/** `POST /api/datasets/upload?name=&fileName=&format=`, the file as the body. */
export const uploadDatasetSchema = z.strictObject({
  name: datasetNameSchema,
  fileName: z.string().trim().min(1).max(255),
  format: datasetFormatSchema,
  heldOutFraction: z.coerce
    .number()
    .pipe(splitSettingsSchema.shape.heldOutFraction.unwrap())
    .default(splitSettingsSchema.shape.heldOutFraction.parse(undefined)),
  seed: z.coerce
    .number()
    .pipe(splitSettingsSchema.shape.seed.unwrap())
    .default(splitSettingsSchema.shape.seed.parse(undefined)),
});
export type UploadDataset = z.infer<typeof uploadDatasetSchema>;

/** Largest file that is taken, bytes. */
export const maxUploadBytes = 2 * 1024 ** 3;
