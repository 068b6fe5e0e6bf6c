/** Has the pairs of open queues scored as they become ready, by the reward model of the first version's base. */
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Logger } from '../../common/logging/logger.js';
import { LOGGER } from '../platform/tokens.js';
import { RewardModelService } from '../reward-models/reward-model.service.js';
import { ScoringService } from '../reward-models/scoring.service.js';
import { isPairReady, pairTables } from './rating-pairs.js';

const sweepMs = 3000;
/** Pairs of one job. */
const pairsAtOnce = 16;

@Injectable()
export class PairScoring implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null;
  private isBusy = false;

  constructor(
    private readonly db: DataSource,
    private readonly rewardModels: RewardModelService,
    private readonly scoring: ScoringService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.sweep(), sweepMs);
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer);
  }

  /** A worker that does not answer is asked again at the next pass; raters go on meanwhile, in the order of the prompts. */
  private async sweep(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      for (const versionId of await this.listFirstVersions()) await this.scorePairs(versionId);
    } catch (error) {
      this.logger.warn({ err: error }, 'pairs for raters could not be scored; trying again');
    } finally {
      this.isBusy = false;
    }
  }

  private async listFirstVersions(): Promise<string[]> {
    const rows = await this.db.query<{ id: string }[]>(
      `SELECT DISTINCT first_id AS id FROM rating_queues WHERE is_open`,
    );
    return rows.map(({ id }) => id);
  }

  private async scorePairs(versionId: string): Promise<void> {
    const judgeId = await this.rewardModels.findJudge(versionId);
    if (judgeId === null) return;
    const pairs = await this.db.query<{ ids: string[] }[]>(
      `SELECT ARRAY[a.id, b.id] AS ids FROM ${pairTables}
       WHERE q.is_open AND q.first_id = $1 AND ${isPairReady}
         AND NOT EXISTS (SELECT FROM answer_scores s WHERE s.generation_id = a.id AND s.reward_version_id = $2)
       ORDER BY q.created_at, p.position LIMIT $3`,
      [versionId, judgeId, pairsAtOnce],
    );
    if (pairs.length > 0)
      await this.scoring.score(
        judgeId,
        pairs.flatMap(({ ids }) => ids),
      );
  }
}
