import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  minLeaderboardVotes,
  type LeaderboardQuery,
  type LeaderboardView,
} from '../../../common/contracts/feedback-review.js';
import { feedbackTables, toCondition } from '../feedback-query.js';
import { readVersionNames } from '../version-names.js';
import { buildLeaderboard, lengthBin, type Battle } from './leaderboard.js';

/** Standing of the model versions, worked out from the comparisons as they count now, every time anew. */
@Injectable()
export class LeaderboardService {
  constructor(private readonly db: DataSource) {}

  async get({ isLengthControlled, ...filter }: LeaderboardQuery): Promise<LeaderboardView> {
    const battles = await this.countBattles({ isLengthControlled, ...filter });
    const { standings, wins, isRegularised } = await buildLeaderboard(battles, {
      isLengthControlled,
      minVotes: minLeaderboardVotes,
    });
    const names = await readVersionNames(
      this.db.manager,
      standings.map(({ name }) => name),
    );
    return {
      battles: battles.reduce((sum, { count = 1 }) => sum + count, 0),
      isLengthControlled,
      standings: standings.map(({ name: id, interval, ...standing }) => ({
        id,
        name: names.get(id) ?? id,
        ...standing,
        interval: interval && [...interval],
      })),
      wins,
      isRegularised,
    };
  }

  /**
   * Equal battles, counted where they lie. Two answers of one version (at two seeds) say nothing of versions; two bad answers are as equal
   * as two good ones, and count as a tie.
   */
  private async countBattles({ isLengthControlled, ...filter }: LeaderboardQuery): Promise<Battle[]> {
    const { sql, parameters } = toCondition({ ...filter, isExcluded: false });
    const ratio = isLengthControlled ? `round(f.log_length_ratio / ${lengthBin}) * ${lengthBin}` : `NULL`;
    return this.db.query<Battle[]>(
      `SELECT f.answer_version_ids[1] AS a, f.answer_version_ids[2] AS b,
         CASE f.verdict WHEN 'left' THEN 'a' WHEN 'right' THEN 'b' ELSE 'tie' END AS outcome,
         (${ratio})::float8 AS "logLengthRatio", count(*)::int AS count
       FROM ${feedbackTables}
       WHERE f.kind = 'comparison' AND ${sql} AND cardinality(f.answer_version_ids) = 2 AND f.answer_version_ids[1] <> f.answer_version_ids[2]
       GROUP BY 1, 2, 3, 4`,
      parameters,
    );
  }
}
