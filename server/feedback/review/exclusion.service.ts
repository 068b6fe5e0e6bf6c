import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppError } from '../../../common/contracts/errors.js';
import type { ExcludeFeedback } from '../../../common/contracts/feedback-review.js';

/** What admins take out of the feedback, or back in. Every time is kept, with who and why; the event itself stays as it was said. */
@Injectable()
export class ExclusionService {
  constructor(private readonly db: DataSource) {}

  /** @throws AppError `RESOURCE_NOT_FOUND` for what does not count: there is nothing to take out of it */
  async set(adminId: string, eventId: string, { isExcluded, reason }: ExcludeFeedback): Promise<void> {
    await this.db.transaction(async (manager) => {
      const [changed] = await manager.query<[{ eventId: string }[], number]>(
        `UPDATE current_feedback SET is_excluded = $2 WHERE event_id = $1 AND NOT is_withdrawn RETURNING event_id`,
        [eventId, isExcluded],
      );
      if (changed.length === 0) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'feedback' });
      await manager.query(
        `INSERT INTO feedback_exclusions (id, event_id, admin_id, is_excluded, reason) VALUES ($1, $2, $3, $4, $5)`,
        [randomUUID(), eventId, adminId, isExcluded, reason],
      );
    });
  }
}
