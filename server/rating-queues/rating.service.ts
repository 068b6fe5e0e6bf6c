/**
 * What a rater does: gets a pair, votes or leaves it out, gets the next one.
 *
 * A pair that somebody has on the screen counts as one of its judgements for a while, so that two raters at once are given different ones;
 * after that somebody else may have it. Whoever has been given a pair never gets it again. The pairs that a reward model is least sure of
 * come first: a vote on them teaches most. One whose prompt may not be trained with any more is shown to nobody.
 */
import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { FeedbackMessage, Vote } from '../../common/contracts/feedback.js';
import type { ChatTurn, Provenance } from '../../common/contracts/generation.js';
import type { NextRating, RatingTask } from '../../common/contracts/rating-queues.js';
import { isWithheld } from '../feedback/feedback-query.js';
import { FeedbackLedger } from '../feedback/feedback-ledger.service.js';
import { GuidelineService } from '../feedback/guideline.service.js';
import { isPairReady, pairTables, sureness } from './rating-pairs.js';

interface Side {
  generationId: string;
  text: string;
  provenance: Provenance | null;
}
interface AssignedPair {
  pairId: string;
  turns: ChatTurn[];
  isFirstLeft: boolean;
  first: Side;
  second: Side;
}

/** How long a pair is kept for whoever looks at it. */
const heldFor = `interval '15 minutes'`;

const selectAssigned = `
  SELECT p.id AS "pairId", p.turns, s.is_first_left AS "isFirstLeft",
    jsonb_build_object('generationId', a.id, 'text', a.text, 'provenance', a.provenance) AS first,
    jsonb_build_object('generationId', b.id, 'text', b.text, 'provenance', b.provenance) AS second
  FROM ${pairTables} JOIN rating_assignments s ON s.pair_id = p.id`;

/** May be looked at. */
const isShown = `q.is_open AND NOT ${isWithheld('p')}`;
/** Wants another judgement, and this person has not been given it. `$1` is the person. */
const isWanted = `
  ${isShown} AND ${isPairReady}
  AND NOT EXISTS (SELECT FROM rating_assignments s WHERE s.pair_id = p.id AND s.user_id = $1)
  AND q.raters_per_pair > (
    SELECT count(*) FROM rating_assignments s
    WHERE s.pair_id = p.id AND (s.state = 'voted' OR (s.state = 'open' AND s.served_at > now() - ${heldFor})))`;

@Injectable()
export class RatingService {
  constructor(
    private readonly db: DataSource,
    private readonly ledger: FeedbackLedger,
    private readonly guidelines: GuidelineService,
  ) {}

  /** The pair that this person has before them, else another one. */
  next(userId: string): Promise<NextRating> {
    return this.db.transaction(async (manager) => {
      const open = (await findOpen(manager, userId)) ?? (await assign(manager, userId));
      return { task: open && toTask(open), ...(await count(manager, userId)) };
    });
  }

  /**
   * Records which answer is better. Once more, it is a change of mind.
   *
   * @throws AppError `RESOURCE_NOT_FOUND` for a pair that this person was not given, `FEEDBACK_TAG_UNKNOWN`, `FEEDBACK_CRITERION_UNKNOWN`
   */
  async vote(userId: string, pairId: string, vote: Vote): Promise<NextRating> {
    const { outcome, tags, criteria, comment, durationMs, clientVersion } = vote;
    await this.guidelines.assertTags(tags, 'comparison');
    await this.guidelines.assertCriteria(Object.keys(criteria));
    await this.db.transaction(async (manager) => {
      const pair = await end(manager, { userId, pairId, state: 'voted' });
      await this.ledger.record(
        {
          userId,
          kind: 'comparison',
          subjectId: pairId,
          ratingPairId: pairId,
          payload: { kind: 'comparison', outcome, tags: [...new Set(tags)].sort(), criteria, comment },
          messages: toMessages(pair),
          durationMs,
          clientVersion,
        },
        manager,
      );
    });
    return this.next(userId);
  }

  /** Leaves the pair to others. @throws AppError `RESOURCE_NOT_FOUND` */
  async skip(userId: string, pairId: string): Promise<NextRating> {
    await this.db.transaction((manager) => end(manager, { userId, pairId, state: 'skipped' }));
    return this.next(userId);
  }
}

async function findOpen(manager: EntityManager, userId: string): Promise<AssignedPair | null> {
  const [open] = await manager.query<AssignedPair[]>(
    `${selectAssigned} WHERE s.user_id = $1 AND s.state = 'open' AND ${isShown} ORDER BY s.served_at LIMIT 1`,
    [userId],
  );
  return open ?? null;
}

async function assign(manager: EntityManager, userId: string): Promise<AssignedPair | null> {
  const [assigned] = await manager.query<{ id: string }[]>(
    `WITH chosen AS (
       SELECT p.id FROM ${pairTables} WHERE ${isWanted}
       ORDER BY ${sureness} NULLS LAST, q.created_at, p.position LIMIT 1 FOR UPDATE OF p SKIP LOCKED)
     INSERT INTO rating_assignments (pair_id, user_id, is_first_left)
     SELECT id, $1, $2 FROM chosen ON CONFLICT DO NOTHING RETURNING pair_id AS id`,
    [userId, randomInt(2) === 0],
  );
  return assigned ? findOpen(manager, userId) : null;
}

/** Not to be taken back: whoever skipped or voted is done with it. */
async function end(
  manager: EntityManager,
  { userId, pairId, state }: { userId: string; pairId: string; state: 'voted' | 'skipped' },
): Promise<AssignedPair> {
  await manager.query(
    `UPDATE rating_assignments SET state = $3 WHERE pair_id = $1 AND user_id = $2 AND state <> 'voted'`,
    [pairId, userId, state],
  );
  const [pair] = await manager.query<AssignedPair[]>(`${selectAssigned} WHERE p.id = $1 AND s.user_id = $2`, [
    pairId,
    userId,
  ]);
  if (!pair) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'pair to judge' });
  return pair;
}

async function count(
  manager: EntityManager,
  userId: string,
): Promise<Pick<NextRating, 'waiting' | 'judged'>> {
  const [row] = await manager.query<[{ waiting: number; judged: number }]>(
    `SELECT
       (SELECT count(*) FROM ${pairTables} WHERE ${isWanted})::int
         + (SELECT count(*) FROM rating_assignments s JOIN ${pairTables} ON p.id = s.pair_id
            WHERE s.user_id = $1 AND s.state = 'open' AND ${isShown})::int AS waiting,
       (SELECT count(*) FROM rating_assignments WHERE user_id = $1 AND state = 'voted')::int AS judged`,
    [userId],
  );
  return row;
}

function toSides({ isFirstLeft, first, second }: AssignedPair): { left: Side; right: Side } {
  return isFirstLeft ? { left: first, right: second } : { left: second, right: first };
}

function toTask(pair: AssignedPair): RatingTask {
  const { left, right } = toSides(pair);
  return { pairId: pair.pairId, turns: pair.turns, left: left.text, right: right.text };
}

function toMessages(pair: AssignedPair): FeedbackMessage[] {
  const sides = toSides(pair);
  return (['left', 'right'] as const).map((role) => {
    const { generationId: messageId, provenance } = sides[role];
    return { messageId, role, provenance };
  });
}
