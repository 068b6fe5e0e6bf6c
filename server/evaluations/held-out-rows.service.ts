import { Inject, Injectable } from '@nestjs/common';
import { toArtefactPath } from '../../common/config/artefacts.js';
import { AppError } from '../../common/contracts/errors.js';
import type { JudgedKind } from '../../common/contracts/evaluations.js';
import type { DatasetEntity } from '../../common/database/dataset.entity.js';
import { countThumbs } from '../datasets/snapshot/thumb-counts.js';
import type { ServerConfig } from '../platform/server-config.js';
import { CONFIG } from '../platform/tokens.js';

/** What of a dataset's held-out rows versions are judged by. */
@Injectable()
export class HeldOutRows {
  constructor(@Inject(CONFIG) private readonly config: ServerConfig) {}

  /**
   * Pairs, or thumbs where those make more votes: a vote takes one of each kind.
   *
   * @throws AppError `EVALUATION_DATA_UNFIT`
   */
  async choose({ name, version, counts, folder }: DatasetEntity): Promise<JudgedKind> {
    const pairs = counts.preference?.held_out ?? 0;
    if ((counts.kto?.held_out ?? 0) > pairs) {
      const { desirable, undesirable } = await countThumbs(
        toArtefactPath(this.config.dataDir, folder),
        'held_out',
      );
      if (Math.min(desirable, undesirable) > pairs) return 'kto';
    }
    if (pairs === 0) throw new AppError('EVALUATION_DATA_UNFIT', { dataset: `${name} v${version}` });
    return 'preference';
  }
}
