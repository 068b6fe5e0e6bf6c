/** Feedback by a filter, looked at before it is frozen, and frozen. */
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { toArtefactPath } from '../../../common/config/artefacts.js';
import { dataKinds, dataSplits } from '../../../common/contracts/dataset-formats.js';
import type {
  DatasetPreview,
  FeedbackRecipe,
  FreezeDataset,
  PreviewDataset,
} from '../../../common/contracts/datasets.js';
import type { DatasetEntity } from '../../../common/database/dataset.entity.js';
import type { ServerConfig } from '../../platform/server-config.js';
import { CONFIG } from '../../platform/tokens.js';
import { getDataset, readDatasetOrigins } from '../dataset-rows.js';
import { hashContent, readRow, type RowContent } from '../rows/data-row.js';
import { assemble, DatasetWriter, type DatasetOrder } from './dataset-writer.service.js';
import { readFeedbackRows } from './feedback-source.js';
import { readPromptRows } from './prompt-source.js';
import { readSnapshotRows } from './snapshot-reader.js';
import type { SourcedRow } from './assembly.js';

const examplesOfKind = 3;

@Injectable()
export class FreezeService {
  constructor(
    private readonly db: DataSource,
    private readonly writer: DatasetWriter,
    @Inject(CONFIG) private readonly config: ServerConfig,
  ) {}

  /** What freezing it now would give. */
  preview({ splitSettings, ...recipe }: PreviewDataset): Promise<DatasetPreview> {
    return this.inOneView(async (manager) => {
      const examples = new Examples();
      const rows = examples.watch(this.readRows(manager, recipe));
      const { counts, report } = await assemble(rows, { ...recipe, splitSettings }, () => Promise.resolve());
      return { counts, report, examples: examples.list() };
    });
  }

  /** @param by.id  see `DatasetOrder` */
  freeze(
    { name, splitSettings, ...recipe }: FreezeDataset,
    by: Pick<DatasetOrder, 'id' | 'createdBy'>,
  ): Promise<DatasetEntity> {
    const source = { type: 'feedback' as const, ...recipe };
    const order = { name, source, splitSettings, duplicates: recipe.duplicates, ...by };
    return this.inOneView((manager) => this.writer.write(this.readRows(manager, recipe), order));
  }

  /** The tables as they are at its beginning, however long it takes. */
  private inOneView<T>(use: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.db.transaction('REPEATABLE READ', use);
  }

  private async *readRows(manager: EntityManager, recipe: FeedbackRecipe): AsyncGenerator<SourcedRow> {
    if (recipe.includeFeedback) yield* readFeedbackRows(manager, recipe);
    yield* readPromptRows(manager, recipe);
    for (const id of recipe.beside) yield* this.readDataset(manager, id);
  }

  private async *readDataset(manager: EntityManager, id: string): AsyncGenerator<SourcedRow> {
    const dataset = await getDataset(manager, id);
    const folder = toArtefactPath(this.config.dataDir, dataset.folder);
    for (const kind of dataKinds)
      for (const split of dataSplits) {
        const origins = await readDatasetOrigins(manager, { id, kind, split });
        for await (const stored of readSnapshotRows(folder, { kind, split })) {
          const { id: rowId, events, sources = [], ...row } = stored;
          const content = readRow(row, 1);
          if ('problem' in content) throw new TypeError(`a frozen row became unreadable: ${content.problem}`);
          const people = origins.get(rowId) ?? [];
          const origin = { eventIds: events, sourceIds: sources, people, raterId: null, keptSplit: split };
          yield { content, origin };
        }
      }
  }
}

/** A few rows of each kind, those with the lowest hashes: always the same of the same rows, and from all over them. */
class Examples {
  private readonly found = new Map<RowContent['kind'], DatasetPreview['examples'][number][]>();

  async *watch(rows: AsyncIterable<SourcedRow>): AsyncGenerator<SourcedRow> {
    for await (const sourced of rows) {
      if ('content' in sourced) this.see(sourced);
      yield sourced;
    }
  }

  list(): DatasetPreview['examples'] {
    return dataKinds.flatMap((kind) => this.found.get(kind) ?? []);
  }

  private see({ content, origin }: Extract<SourcedRow, { content: unknown }>): void {
    const { kind, row } = content;
    const id = hashContent(content);
    const found = this.found.get(kind) ?? [];
    if (found.some((example) => example.row.id === id)) return;
    const sources = origin.sourceIds ? { sources: [...origin.sourceIds] } : {};
    found.push({ kind, row: { ...row, ...sources, id, events: [...origin.eventIds] } });
    found.sort((a, b) => (a.row.id < b.row.id ? -1 : 1));
    this.found.set(kind, found.slice(0, examplesOfKind));
  }
}
