/**
 * Asks people where their word teaches most. Of the comparisons that the server began by itself, the reward model of the left answer's base
 * scores both answers; where it is surer than of most comparisons before, nobody is asked: its better answer goes on, and names are shown.
 *
 * Twice as many turns are begun for it, so that as many are left to people as the admin's share says. A vote that comes first counts, and so
 * does every comparison that nothing can score.
 */
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Logger } from '../../../common/logging/logger.js';
import { Sweep } from '../../platform/sweep.js';
import { LOGGER } from '../../platform/tokens.js';
import { ScoringService } from '../../reward-models/scoring.service.js';
import { ComparisonSettingsService } from './comparison-settings.service.js';
import { ComparisonService } from './comparison.service.js';

const sweepMs = 1000;
/** Comparisons that say what is usual; with fewer, people are asked. */
const fewest = 10;
const remembered = 200;

interface Pair {
  id: string;
  userId: string;
  versionId: string;
  leftId: string;
  rightId: string;
}

/** Server's own, not ended, both sides whole, and no score yet. */
const selectUnweighed = `
  SELECT c.id, o.user_id AS "userId", l.model_version_id AS "versionId", l.id AS "leftId", r.id AS "rightId"
  FROM comparisons c
    JOIN conversations o ON o.id = c.conversation_id
    JOIN messages ml ON ml.id = c.left_id JOIN generations l ON l.id = ml.generation_id
    JOIN messages mr ON mr.id = c.right_id JOIN generations r ON r.id = mr.generation_id
  WHERE c.origin = 'server' AND c.revealed_at IS NULL AND c.created_at > now() - interval '10 minutes'
    AND ml.status IN ('complete', 'stopped') AND mr.status IN ('complete', 'stopped')
    AND NOT EXISTS (SELECT FROM answer_scores s WHERE s.generation_id = l.id)
  ORDER BY c.created_at LIMIT 16`;

@Injectable()
export class ComparisonWeigher implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly sweep: Sweep;

  constructor(
    private readonly db: DataSource,
    private readonly settings: ComparisonSettingsService,
    private readonly comparisons: ComparisonService,
    private readonly scoring: ScoringService,
    @Inject(LOGGER) logger: Logger,
  ) {
    const failure = 'a comparison could not be weighed; people are asked';
    this.sweep = new Sweep(() => this.weighAll(), { intervalMs: sweepMs, logger, failure });
  }

  onApplicationBootstrap(): void {
    this.sweep.start();
  }

  /** A worker that does not answer must not hold up the server's end. */
  onModuleDestroy(): void {
    void this.sweep.stop();
  }

  private async weighAll(): Promise<void> {
    if (!(await this.settings.get()).asksUnsure) return;
    for (const pair of await this.db.query<Pair[]>(selectUnweighed)) await this.weigh(pair);
  }

  private async weigh({ id, userId, versionId, leftId, rightId }: Pair): Promise<void> {
    const judgeId = await this.scoring.scoreByJudge(versionId, [leftId, rightId]);
    if (judgeId === null) return;
    const [weight] = await this.db.query<{ lead: number | null; count: number; usual: number }[]>(
      `WITH leads AS (
         SELECT c.id, x.score - y.score AS lead
         FROM comparisons c
           JOIN messages l ON l.id = c.left_id JOIN answer_scores x ON x.generation_id = l.generation_id
           JOIN messages r ON r.id = c.right_id JOIN answer_scores y ON y.generation_id = r.generation_id
         WHERE c.origin = 'server' AND x.reward_version_id = $1 AND y.reward_version_id = $1
         ORDER BY c.created_at DESC LIMIT ${remembered})
       SELECT (SELECT lead FROM leads WHERE id = $2) AS lead, count(*)::int AS count,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(lead)) AS usual
       FROM leads`,
      [judgeId, id],
    );
    // An answer without words has no score; who reads it will know what to say.
    if (!weight || weight.lead === null || weight.count < fewest) return;
    if (Math.abs(weight.lead) <= weight.usual) return;
    await this.comparisons.fold(userId, id, weight.lead > 0 ? 'left' : 'right');
  }
}
