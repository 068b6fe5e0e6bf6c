/** Training data as files of any format: rows of a dataset, or of a selection of feedback that nobody froze. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { toArtefactPath } from '../../../common/config/artefacts.js';
import {
  dataSplits,
  listFormats,
  type DataKind,
  type DatasetFormat,
} from '../../../common/contracts/dataset-formats.js';
import type { DownloadDataset, ExportFeedback } from '../../../common/contracts/datasets.js';
import { AppError } from '../../../common/contracts/errors.js';
import type { ServerConfig } from '../../platform/server-config.js';
import { CONFIG } from '../../platform/tokens.js';
import { getDataset } from '../dataset-rows.js';
import { toBattleLine, toConversation, type Battle } from '../formats/fastchat.js';
import { formats } from '../formats/formats.js';
import { hashContent } from '../rows/data-row.js';
import { readActs, readFeedbackRows, type ReadAct } from '../snapshot/feedback-source.js';
import { readSnapshotRows } from '../snapshot/snapshot-reader.js';

export interface ExportedFile {
  name: string;
  mediaType: string;
  content: Readable;
}

@Injectable()
export class ExportService {
  constructor(
    private readonly db: DataSource,
    @Inject(CONFIG) private readonly config: ServerConfig,
  ) {}

  /** @throws AppError `RESOURCE_NOT_FOUND`, `DATASET_FORMAT_UNFIT` */
  async exportDataset(id: string, { format, kind, split }: DownloadDataset): Promise<ExportedFile> {
    assertFits(format, kind);
    const { name, version, folder } = await getDataset(this.db.manager, id);
    const absolute = toArtefactPath(this.config.dataDir, folder);
    const splits = split === 'all' ? dataSplits : [split];
    async function* rows() {
      for (const part of splits) yield* readSnapshotRows(absolute, { kind, split: part });
    }
    const title = [`${name} ${version}`, kind, ...(split === 'all' ? [] : [split])].join(' ');
    return toFile(title, format, toTexts(rows(), { format, kind }));
  }

  /**
   * What may be used for training of a selection, one row an act.
   *
   * @throws AppError `DATASET_FORMAT_UNFIT`
   */
  exportFeedback({ format, kind, filter }: ExportFeedback): ExportedFile {
    assertFits(format, kind);
    const texts = this.inOneView((manager) =>
      format === 'fastchat'
        ? readBattles(manager, filter)
        : toTexts(readStoredRows(manager, { filter, kind }), { format, kind }),
    );
    return toFile(`feedback ${kind}`, format, texts);
  }

  /** The tables as they are when the first row is read, until the last one is. */
  private async *inOneView(read: (manager: EntityManager) => AsyncIterable<string>): AsyncGenerator<string> {
    const runner = this.db.createQueryRunner();
    try {
      await runner.startTransaction('REPEATABLE READ');
      yield* read(runner.manager);
      await runner.commitTransaction();
    } finally {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      await runner.release();
    }
  }
}

function assertFits(format: DatasetFormat, kind: DataKind): void {
  const formats = listFormats(kind);
  if (!formats.includes(format)) throw new AppError('DATASET_FORMAT_UNFIT', { format, kind, formats });
}

function toFile(title: string, format: DatasetFormat, texts: AsyncIterable<string>): ExportedFile {
  const { ending, mediaType } = formats[format];
  return { name: `${title} ${format}.${ending}`, mediaType, content: Readable.from(texts) };
}

type Stored = Parameters<(typeof formats)['csv']['toText']>[0];

async function* toTexts(
  rows: AsyncIterable<Stored>,
  { format, kind }: { format: DatasetFormat; kind: DataKind },
): AsyncGenerator<string> {
  const { toHead, toText } = formats[format];
  const head = toHead(kind);
  if (head) yield head;
  for await (const row of rows) yield toText(row, kind);
}

async function* readStoredRows(
  manager: EntityManager,
  { filter, kind }: Pick<ExportFeedback, 'filter' | 'kind'>,
): AsyncGenerator<Stored> {
  for await (const sourced of readFeedbackRows(manager, { filter, includePicks: true })) {
    if ('skipped' in sourced || sourced.content.kind !== kind) continue;
    const { content, origin } = sourced;
    yield { id: hashContent(content).slice(0, 32), events: [...origin.eventIds], ...content.row };
  }
}

const winners = { left: 'model_a', right: 'model_b', tie: 'tie', both_bad: 'tie (bothbad)' } as const;

/** The blind comparisons as they were shown, those without a winner too. */
async function* readBattles(
  manager: EntityManager,
  filter: ExportFeedback['filter'],
): AsyncGenerator<string> {
  for await (const act of readActs(manager, { filter })) {
    const battle = toBattle(act);
    if (battle) yield toBattleLine(battle);
  }
}

function toBattle({ payload, answers, eventId, createdAt, origin }: ReadAct): Battle | null {
  const left = answers.find(({ role }) => role === 'left');
  const right = answers.find(({ role }) => role === 'right');
  if (payload.kind !== 'comparison' || !left || !right) return null;
  const judge = createHash('sha256')
    .update(origin.raterId ?? '')
    .digest('hex')
    .slice(0, 16);
  return {
    id: eventId,
    model_a: left.modelName ?? 'unknown',
    model_b: right.modelName ?? 'unknown',
    winner: winners[payload.outcome],
    conversation_a: toConversation(left.prompt, [{ role: 'assistant', content: left.text }]),
    conversation_b: toConversation(right.prompt, [{ role: 'assistant', content: right.text }]),
    judge: `rater_${judge}`,
    tstamp: createdAt.getTime() / 1000,
  };
}
