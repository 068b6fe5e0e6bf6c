import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';

/** Which model version answers. Nobody keeps the choice: what is live may change between two messages. */
@Injectable()
export class ModelChoice {
  /** The version with this id if it is still there; otherwise, or without an id, the default model's live version. */
  async getForChat(db: EntityManager, versionId: string | null): Promise<string> {
    const rows = await db.query<{ id: string }[]>(
      `SELECT v.id FROM model_versions v JOIN models m ON m.id = v.model_id
       WHERE v.id = $1 OR (m.is_default AND (v.is_live OR v.adapter_path IS NULL))
       ORDER BY v.id = $1 DESC NULLS LAST, v.is_live DESC LIMIT 1`,
      [versionId],
    );
    const [chosen] = rows;
    if (!chosen) throw new AppError('MODEL_NONE_READY');
    return chosen.id;
  }
}
