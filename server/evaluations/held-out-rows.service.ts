import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { toArtefactPath } from '../../common/config/artefacts.js';
import { AppError } from '../../common/contracts/errors.js';
import type { JudgedKind } from '../../common/contracts/evaluations.js';
import type { DatasetEntity } from '../../common/database/dataset.entity.js';
import { listLearntRows } from '../../common/database/learnt-rows.js';
import type { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { countThumbs } from '../datasets/snapshot/thumb-counts.js';
import type { ServerConfig } from '../platform/server-config.js';
import { CONFIG } from '../platform/tokens.js';

/** What of a dataset's held-out rows versions are judged by. */
@Injectable()
export class HeldOutRows {
  constructor(
    private readonly db: DataSource,
    @Inject(CONFIG) private readonly config: ServerConfig,
  ) {}

  /**
   * Pairs, or thumbs where those make more votes: a vote takes one of each kind.
   *
   * @param candidate  who is to be judged: what it was trained on does not count; null while there is none yet
   * @throws AppError `EVALUATION_DATA_UNFIT`, `EVALUATION_DATA_LEARNT`
   */
  async choose(
    dataset: DatasetEntity,
    candidate: Pick<ModelVersionEntity, 'id' | 'name'> | null = null,
  ): Promise<JudgedKind> {
    const { counts, folder } = dataset;
    const learnt = {
      preference: await this.listLearnt(dataset, candidate, 'preference'),
      kto: await this.listLearnt(dataset, candidate, 'kto'),
    };
    const pairs = (counts.preference?.held_out ?? 0) - learnt.preference.size;
    if ((counts.kto?.held_out ?? 0) - learnt.kto.size > pairs) {
      const path = toArtefactPath(this.config.dataDir, folder);
      const { desirable, undesirable } = await countThumbs(path, 'held_out', learnt.kto);
      if (Math.min(desirable, undesirable) > pairs) return 'kto';
    }
    if (pairs > 0) return 'preference';
    const name = `${dataset.name} v${dataset.version}`;
    const rows = learnt.preference.size + learnt.kto.size;
    if (candidate && rows > 0)
      throw new AppError('EVALUATION_DATA_LEARNT', { dataset: name, name: candidate.name, rows });
    throw new AppError('EVALUATION_DATA_UNFIT', { dataset: name });
  }

  private listLearnt(
    { id: datasetId }: DatasetEntity,
    candidate: Pick<ModelVersionEntity, 'id'> | null,
    kind: JudgedKind,
  ): Promise<Set<string>> {
    if (!candidate) return Promise.resolve(new Set());
    return listLearntRows(this.db.manager, { versionId: candidate.id, datasetId, kind });
  }
}
