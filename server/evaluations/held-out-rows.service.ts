import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { toArtefactPath } from '../../common/config/artefacts.js';
import { AppError } from '../../common/contracts/errors.js';
import type { JudgedKind } from '../../common/contracts/evaluations.js';
import type { TrainedRows } from '../../common/data/trained-rows.js';
import { DatasetItemEntity } from '../../common/database/dataset-item.entity.js';
import type { DatasetEntity } from '../../common/database/dataset.entity.js';
import { listLearntRows } from '../../common/database/learnt-rows.js';
import type { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { readThumbs } from '../datasets/snapshot/thumb-counts.js';
import type { ServerConfig } from '../platform/server-config.js';
import { CONFIG } from '../platform/tokens.js';

/** Who is to be judged. */
interface Candidate extends Pick<ModelVersionEntity, 'id' | 'name'> {
  /** See `JudgingRows`. */
  upcoming?: readonly TrainedRows[];
}

interface HeldOut {
  /** Prompts of the rows that can judge, by the rows' ids. */
  prompts: ReadonlyMap<string, string>;
  /** Rows that cannot, since the candidate was trained on their prompts. */
  learnt: number;
}

/** What of a dataset's held-out rows versions are judged by. */
@Injectable()
export class HeldOutRows {
  constructor(
    private readonly db: DataSource,
    @Inject(CONFIG) private readonly config: ServerConfig,
  ) {}

  /**
   * Pairs, or thumbs where those make more votes. A prompt of pairs is one vote, however many it has; so is a liked prompt beside a
   * disliked one.
   *
   * @param candidate  what it was, or will have been, trained on does not count; null where nobody is to be judged yet
   * @throws AppError `EVALUATION_DATA_UNFIT`, `EVALUATION_DATA_LEARNT`
   */
  async choose(dataset: DatasetEntity, candidate: Candidate | null = null): Promise<JudgedKind> {
    const pairs = await this.read(dataset, candidate, 'preference');
    const thumbs = await this.read(dataset, candidate, 'kto');
    const ofPairs = new Set(pairs.prompts.values()).size;
    if ((await this.countThumbVotes(dataset, thumbs)) > ofPairs) return 'kto';
    if (ofPairs > 0) return 'preference';
    const name = `${dataset.name} v${dataset.version}`;
    const rows = pairs.learnt + thumbs.learnt;
    if (candidate && rows > 0)
      throw new AppError('EVALUATION_DATA_LEARNT', { dataset: name, name: candidate.name, rows });
    throw new AppError('EVALUATION_DATA_UNFIT', { dataset: name });
  }

  private async read(
    { id: datasetId }: DatasetEntity,
    candidate: Candidate | null,
    kind: JudgedKind,
  ): Promise<HeldOut> {
    const db = this.db.manager;
    const learnt = candidate
      ? await listLearntRows(db, { versionId: candidate.id, upcoming: candidate.upcoming, datasetId, kind })
      : new Set<string>();
    const items = await db.find(DatasetItemEntity, {
      select: { datasetId: true, position: true, rowId: true, promptHash: true },
      where: { datasetId, kind, split: 'held_out' },
    });
    const rows = items.filter(({ rowId }) => !learnt.has(rowId));
    return {
      prompts: new Map(rows.map(({ rowId, promptHash }) => [rowId, promptHash])),
      learnt: learnt.size,
    };
  }

  private async countThumbVotes({ folder }: DatasetEntity, { prompts }: HeldOut): Promise<number> {
    if (prompts.size === 0) return 0;
    const [liked, disliked] = [new Set<string>(), new Set<string>()];
    for await (const { id, label } of readThumbs(toArtefactPath(this.config.dataDir, folder), 'held_out')) {
      const prompt = prompts.get(id);
      if (prompt !== undefined) (label ? liked : disliked).add(prompt);
    }
    return Math.min(liked.size, disliked.size);
  }
}
