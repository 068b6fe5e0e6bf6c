/** Which kind of run fits a dataset: what a router proposes, and why. */
import { z } from 'zod';
import { proposeKtoWeights } from './kto-weights.js';
import type { DataKind } from './dataset-formats.js';
import { dataKindSchema, type DataCounts } from './datasets.js';
import { runConfigSchemas, type RunKind } from './runs.js';

const runKinds = Object.keys(runConfigSchemas) as [RunKind, ...RunKind[]];

/** Settings that the data ask for, beside the kind's defaults. */
const proposedConfigSchema = z.strictObject({
  desirableWeight: z.number().optional(),
  undesirableWeight: z.number().optional(),
  batchSize: z.int().optional(),
  gradientAccumulationSteps: z.int().optional(),
});

export const runProposalSchema = z.strictObject({
  /** The best first; empty where no kind can learn from this dataset. */
  kinds: z.array(
    z.strictObject({
      kind: z.enum(runKinds),
      data: dataKindSchema,
      /** Rows to train on. */
      rows: z.int(),
      config: proposedConfigSchema,
    }),
  ),
  /** Thumbs to train on, by kind; null where the dataset has none. */
  thumbs: z.strictObject({ desirable: z.int(), undesirable: z.int() }).nullable(),
});
export type RunProposal = z.infer<typeof runProposalSchema>;

/** The kinds that each kind of data is for, the usual one first. */
const kindsOf = {
  preference: ['dpo', 'reward', 'simpo', 'orpo'],
  kto: ['kto'],
  sft: ['sft'],
  prompt: ['grpo', 'rloo', 'ppo', 'best_of_n'],
  text: ['pretrain'],
} as const satisfies Record<DataKind, readonly RunKind[]>;

/** What tells most a row, of equally many: a choice says more than a thumb, and both more than an example to copy. */
const order: readonly DataKind[] = ['preference', 'kto', 'sft', 'text', 'prompt'];
/** A batch beyond an eighth of the data leaves too few steps to learn in. */
const stepsAnEpoch = 8;
const usualBatch = 8;

/**
 * @param counts  rows of the dataset, by kind and split
 * @param thumbs  how its rows to train on for KTO divide; null where it has none
 */
export function proposeRuns(counts: DataCounts, thumbs: RunProposal['thumbs']): RunProposal {
  const usable = order
    .map((data) => ({ data, rows: counts[data]?.train ?? 0 }))
    .filter(({ data, rows }) => rows > 0 && (data !== 'kto' || hasBoth(thumbs)))
    // Prompts say nothing of what is liked: however many, they come after what does.
    .sort((a, b) => Number(a.data === 'prompt') - Number(b.data === 'prompt') || b.rows - a.rows);
  const kinds = usable.flatMap(({ data, rows }) =>
    kindsOf[data].map((kind) => ({
      kind,
      data,
      rows,
      config: data === 'prompt' ? configForPrompts(rows) : configFor(kind, rows, thumbs),
    })),
  );
  return { kinds, thumbs };
}

const hasBoth = (thumbs: RunProposal['thumbs']) =>
  thumbs !== null && thumbs.desirable > 0 && thumbs.undesirable > 0;

/** The prompts of a step are batches, each of one prompt with its answers. */
function configForPrompts(rows: number): z.infer<typeof proposedConfigSchema> {
  const promptsAStep = Math.max(1, Math.min(usualBatch, Math.floor(rows / stepsAnEpoch)));
  return promptsAStep < usualBatch ? { gradientAccumulationSteps: promptsAStep } : {};
}

function configFor(
  kind: RunKind,
  rows: number,
  thumbs: RunProposal['thumbs'],
): z.infer<typeof proposedConfigSchema> {
  const least = kind === 'kto' ? 4 : 1;
  const batchSize = Math.max(least, Math.min(usualBatch, Math.floor(rows / stepsAnEpoch)));
  const batch = batchSize < usualBatch ? { batchSize } : {};
  if (kind !== 'kto' || !thumbs) return batch;
  const { desirableWeight, undesirableWeight } = proposeKtoWeights(thumbs.desirable, thumbs.undesirable);
  return { ...batch, desirableWeight, undesirableWeight };
}
