/** Rows on their way into a dataset: merged, counted and, at the end, split. Holds hashes and figures, not texts. */
import { dataKinds, type DataKind, type DataSplit } from '../../../common/contracts/dataset-formats.js';
import type {
  DataCounts,
  DatasetReport,
  FeedbackRecipe,
  SkipReason,
  SplitSettings,
} from '../../../common/contracts/datasets.js';
import { Contradictions } from '../rows/contradictions.js';
import { hashContent, hashPrompt, toSaidText, type RowContent } from '../rows/data-row.js';
import { NearDuplicates } from '../rows/near-duplicates.js';
import { RowStatistics } from '../rows/row-statistics.js';
import { splitRows } from '../rows/split-rows.js';

/** Where a row comes from. */
export interface RowOrigin {
  eventIds: readonly string[];
  /** Of a prompt: the messages, or the prompts of sets, that ask it. */
  sourceIds?: readonly string[];
  /** Whose words and judgement it is. */
  people: readonly string[];
  /** Whose judgement it is; null for a row of a file. */
  raterId: string | null;
  /** The part that it had in the dataset it is taken from. */
  keptSplit?: DataSplit;
}

/** What a source of rows gives: a row, or an act that became none. */
export type SourcedRow = { content: RowContent; origin: RowOrigin } | { skipped: SkipReason };

export interface AssembledRow {
  rowId: string;
  kind: DataKind;
  contentHash: string;
  promptHash: string;
  eventIds: string[];
  sourceIds: string[];
  people: string[];
  /** See `SplitRow`. */
  keptSplit: DataSplit | null;
}

export interface Assembled {
  rows: readonly AssembledRow[];
  /** By the rows' order; null for one that is in neither part. */
  splits: readonly (DataSplit | null)[];
  counts: DataCounts;
  report: DatasetReport;
}

export class Assembly {
  private readonly rows: AssembledRow[] = [];
  private readonly equals = new Map<string, AssembledRow[]>();
  private readonly skipped: Partial<Record<SkipReason, number>> = {};
  private readonly statistics = new RowStatistics();
  private readonly contradictions = new Contradictions();
  private readonly seen = new Map<DataKind, NearDuplicates>();
  private merged = 0;
  private nearDuplicates = 0;

  constructor(private readonly duplicates: FeedbackRecipe['duplicates']) {}

  skip(reason: SkipReason): void {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + 1;
  }

  /** @returns the row's number from 0, or null when it was merged into an earlier one */
  add(content: RowContent, origin: RowOrigin): number | null {
    const contentHash = hashContent(content);
    const equals = this.equals.get(contentHash) ?? [];
    const [first] = equals;
    if (first && this.duplicates === 'merge') {
      first.eventIds = union(first.eventIds, origin.eventIds);
      first.sourceIds = union(first.sourceIds, origin.sourceIds ?? []);
      first.people = union(first.people, origin.people);
      // What was trained on anywhere cannot be held out any more.
      if (first.keptSplit !== 'train') first.keptSplit = origin.keptSplit ?? first.keptSplit;
      this.merged++;
      return null;
    }
    const id = contentHash.slice(0, 32);
    const row = {
      rowId: equals.length === 0 ? id : `${id}-${equals.length}`,
      kind: content.kind,
      contentHash,
      promptHash: hashPrompt(content),
      eventIds: union([], origin.eventIds),
      sourceIds: union([], origin.sourceIds ?? []),
      people: union([], origin.people),
      keptSplit: origin.keptSplit ?? null,
    };
    this.equals.set(contentHash, [...equals, row]);
    this.describe(content, origin);
    return this.rows.push(row) - 1;
  }

  finish(settings: SplitSettings): Assembled {
    const { splits, report } = splitRows(this.rows, settings);
    return {
      rows: this.rows,
      splits,
      counts: this.countSplits(splits),
      report: {
        split: report,
        merged: this.merged,
        nearDuplicates: this.nearDuplicates,
        contradictions: this.contradictions.count,
        skipped: this.skipped,
        ...this.statistics.toReport(),
      },
    };
  }

  private describe(content: RowContent, { raterId }: RowOrigin): void {
    const { kind, prompt, answers } = content;
    this.statistics.see(content, raterId);
    this.contradictions.see(content);
    const seen = this.seen.get(kind) ?? new NearDuplicates();
    this.seen.set(kind, seen);
    if (seen.see([prompt, ...answers].map(toSaidText).join('\n'))) this.nearDuplicates++;
  }

  private countSplits(splits: readonly (DataSplit | null)[]): DataCounts {
    const counts: DataCounts = {
      sft: { train: 0, held_out: 0 },
      preference: { train: 0, held_out: 0 },
      kto: { train: 0, held_out: 0 },
      prompt: { train: 0, held_out: 0 },
      text: { train: 0, held_out: 0 },
    };
    for (const [index, { kind }] of this.rows.entries()) {
      const split = splits[index];
      if (split) counts[kind][split]++;
    }
    return counts;
  }
}

/** Rows of all kinds and both parts. */
export function countRows(counts: DataCounts): number {
  return dataKinds.reduce((sum, kind) => sum + counts[kind].train + counts[kind].held_out, 0);
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])];
}
