import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppError } from '../../../common/contracts/errors.js';
import type { FeedbackMessage } from '../../../common/contracts/feedback.js';
import type { FeedbackDetail } from '../../../common/contracts/feedback-review.js';
import { RewardModelService } from '../../reward-models/reward-model.service.js';
import { ScoringService } from '../../reward-models/scoring.service.js';
import { FeedbackDetails } from './feedback-detail.service.js';

/** What a reward model thinks of answers that somebody judged. */
@Injectable()
export class FeedbackScoring {
  constructor(
    private readonly db: DataSource,
    private readonly details: FeedbackDetails,
    private readonly scoring: ScoringService,
    private readonly rewardModels: RewardModelService,
  ) {}

  /**
   * Has the answers scored by the reward model of their base, where their text may be read.
   *
   * @throws AppError `RESOURCE_NOT_FOUND`, `REWARD_MODEL_NONE`, and what scoring throws
   */
  async score(eventId: string): Promise<FeedbackDetail> {
    const { answers, versions, turns } = await this.details.get(eventId);
    if (turns === null) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'text of the answers' });
    const scored = await this.groupByJudge(answers);
    if (scored.size === 0)
      throw new AppError('REWARD_MODEL_NONE', { model: versions.map(({ name }) => name).join(', ') });
    for (const [judgeId, generationIds] of scored) await this.scoring.score(judgeId, generationIds);
    return this.details.get(eventId);
  }

  /** Generations of the answers by the reward model that is to score them. */
  private async groupByJudge(answers: readonly FeedbackMessage[]): Promise<Map<string, string[]>> {
    const generations = await this.db.query<{ id: string; versionId: string }[]>(
      `SELECT g.id, g.model_version_id AS "versionId" FROM unnest($1::uuid[]) AS answer (id)
         LEFT JOIN messages m ON m.id = answer.id JOIN generations g ON g.id = coalesce(m.generation_id, answer.id)`,
      [answers.map(({ messageId }) => messageId)],
    );
    const groups = new Map<string, string[]>();
    for (const { id, versionId } of generations) {
      const judgeId = await this.rewardModels.findJudge(versionId);
      if (judgeId !== null) groups.set(judgeId, [...(groups.get(judgeId) ?? []), id]);
    }
    return groups;
  }
}
