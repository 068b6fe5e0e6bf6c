import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ChatEffect } from '../../common/contracts/run-records.js';

/** Of the chat's newest answers; older ones may be another machine's. */
const answersRead = 2000;

/** What people noticed of runs: how soon and how fast they were answered beside one, and without. */
@Injectable()
export class ChatEffects {
  constructor(private readonly db: DataSource) {}

  /**
   * Medians over the newest answers, by what was under way when they began. A run that has ended counts from its beginning to its end,
   * waits for its turn included; what is compared met different questions at different hours, which the counts beside it let one judge.
   */
  list(): Promise<ChatEffect[]> {
    return this.db.query(
      `SELECT beside, count(*)::int AS answers,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY (timings->>'firstTokenMs')::float8) AS "firstTokenMs",
         percentile_cont(0.5) WITHIN GROUP (ORDER BY (timings->>'tokensPerSecond')::float8) AS "tokensPerSecond"
       FROM (
         SELECT g.timings, coalesce((
           SELECT r.sharing FROM runs r
           WHERE r.started_at <= g.created_at AND coalesce(r.finished_at, r.seen_at, r.started_at) >= g.created_at
           ORDER BY r.started_at DESC LIMIT 1), 'nothing') AS beside
         FROM (
           SELECT created_at, timings, usage FROM generations
           WHERE status = 'complete' AND message_id IS NOT NULL ORDER BY finished_at DESC LIMIT $1) AS g
         WHERE (g.usage->>'completionTokens')::int > 1 AND g.timings IS NOT NULL) AS answered
       GROUP BY beside ORDER BY beside`,
      [answersRead],
    );
  }
}
