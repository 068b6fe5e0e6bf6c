/** Has the pairs of open queues scored as they become ready, by the reward model of the first version's base. */
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Logger } from '../../common/logging/logger.js';
import { Sweep } from '../platform/sweep.js';
import { LOGGER } from '../platform/tokens.js';
import { RewardModelService } from '../reward-models/reward-model.service.js';
import { ScoringService } from '../reward-models/scoring.service.js';
import { isPairReady, pairTables } from './rating-pairs.js';

const sweepMs = 3000;
/** Pairs of one job. */
const pairsAtOnce = 16;

@Injectable()
export class PairScoring implements OnApplicationBootstrap, OnModuleDestroy {
  /** A worker that does not answer is asked again at the next pass; raters go on meanwhile, in the order of the prompts. */
  private readonly sweep: Sweep;

  constructor(
    private readonly db: DataSource,
    private readonly rewardModels: RewardModelService,
    private readonly scoring: ScoringService,
    @Inject(LOGGER) logger: Logger,
  ) {
    const failure = 'pairs for raters could not be scored; trying again';
    this.sweep = new Sweep(() => this.scoreAll(), { intervalMs: sweepMs, logger, failure });
  }

  onApplicationBootstrap(): void {
    this.sweep.start();
  }

  /** A worker that does not answer must not hold up the server's end. */
  onModuleDestroy(): void {
    void this.sweep.stop();
  }

  private async scoreAll(): Promise<void> {
    for (const versionId of await this.listFirstVersions()) await this.scorePairs(versionId);
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
