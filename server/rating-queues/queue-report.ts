/** Queues with what came of them so far: pairs, votes, the win-rate, how far raters agree, and what it cost them. */
import type { EntityManager } from 'typeorm';
import type { RatingQueue } from '../../common/contracts/rating-queues.js';
import type { RatingQueueEntity } from '../../common/database/rating-queue.entity.js';
import { isWithheld } from '../feedback/feedback-query.js';
import { toWinRate } from '../evaluations/gate.js';
import { measureAgreement, type Judgement } from './agreement.js';
import { isPairReady, isPairUnfit, pairTables } from './rating-pairs.js';

interface PairCounts {
  all: number;
  ready: number;
  unfit: number;
  withheld: number;
  votesWanted: number;
}
const noPairs: PairCounts = { all: 0, ready: 0, unfit: 0, withheld: 0, votesWanted: 0 };
type Labour = RatingQueue['labour'];
type QueueJudgement = Judgement & { queueId: string };

export async function reportQueues(
  manager: EntityManager,
  queues: readonly RatingQueueEntity[],
): Promise<RatingQueue[]> {
  const ids = queues.map(({ id }) => id);
  const judgements = await readJudgements(manager, ids);
  const counts = await countPairs(manager, ids);
  const labours = await readLabour(manager, ids);
  return queues.map((queue) => {
    const said = judgements.filter(({ queueId }) => queueId === queue.id);
    const { votesWanted, ...pairs } = counts.get(queue.id) ?? noPairs;
    return {
      id: queue.id,
      name: queue.name,
      first: { id: queue.firstId, name: queue.firstName },
      second: { id: queue.secondId, name: queue.secondName },
      promptsName: queue.promptsName,
      ratersPerPair: queue.ratersPerPair,
      isOpen: queue.isOpen,
      createdAt: queue.createdAt.toISOString(),
      pairs,
      votes: said.length,
      votesWanted: queue.isOpen ? votesWanted : 0,
      winRate: rateWins(said),
      agreement: measureAgreement(said),
      labour: labours.get(queue.id) ?? { seconds: 0, medianSeconds: null },
    };
  });
}

/** Of the first version, one vote a pair: its raters judge the same two answers, and are together one trial of the two versions. */
function rateWins(said: readonly QueueJudgement[]): RatingQueue['winRate'] {
  const ofPairs = new Map<string, number[]>();
  for (const { pairId, outcome } of said)
    ofPairs.set(pairId, [...(ofPairs.get(pairId) ?? []), points[outcome] ?? 0.5]);
  const mean = (won: readonly number[]) => won.reduce((sum, one) => sum + one, 0) / won.length;
  return toWinRate(
    [...ofPairs.values()].reduce((sum, won) => sum + mean(won), 0),
    ofPairs.size,
  );
}

/** Of the first version; two bad answers are as equal as two good ones. */
const points: Partial<Record<string, number>> = { first: 1, second: 0 };

/** Votes as they count now, in the versions' terms. */
function readJudgements(manager: EntityManager, queueIds: readonly string[]): Promise<QueueJudgement[]> {
  return manager.query<QueueJudgement[]>(
    `SELECT p.queue_id AS "queueId", p.id AS "pairId", f.user_id AS "raterId", u.name AS "raterName",
       CASE WHEN f.verdict NOT IN ('left', 'right') THEN f.verdict
         WHEN f.answer_version_ids[CASE f.verdict WHEN 'left' THEN 1 ELSE 2 END] = q.first_id THEN 'first'
         ELSE 'second' END AS outcome
     FROM rating_pairs p
       JOIN rating_queues q ON q.id = p.queue_id
       JOIN feedback_events e ON e.rating_pair_id = p.id
       JOIN current_feedback f ON f.event_id = e.id AND NOT f.is_withdrawn AND NOT f.is_excluded
       JOIN users u ON u.id = f.user_id
     WHERE p.queue_id = ANY($1) ORDER BY u.name, f.user_id, p.position`,
    [queueIds],
  );
}

async function countPairs(
  manager: EntityManager,
  queueIds: readonly string[],
): Promise<Map<string, PairCounts>> {
  const rows = await manager.query<(PairCounts & { queueId: string })[]>(
    `SELECT p.queue_id AS "queueId", count(*)::int AS all, (count(*) FILTER (WHERE ${isPairReady}))::int AS ready,
       (count(*) FILTER (WHERE ${isPairUnfit}))::int AS unfit,
       (count(*) FILTER (WHERE ${isWithheld('p')}))::int AS withheld,
       coalesce(sum(greatest(0, q.raters_per_pair - voted.count))
         FILTER (WHERE NOT ${isPairUnfit} AND NOT ${isWithheld('p')}), 0)::int AS "votesWanted"
     FROM ${pairTables}
       CROSS JOIN LATERAL (
         SELECT count(*) FROM rating_assignments s WHERE s.pair_id = p.id AND s.state = 'voted') AS voted
     WHERE p.queue_id = ANY($1) GROUP BY p.queue_id`,
    [queueIds],
  );
  return new Map(rows.map(({ queueId, ...counts }) => [queueId, counts]));
}

/** Every vote that was given, one that was changed later too. */
async function readLabour(manager: EntityManager, queueIds: readonly string[]): Promise<Map<string, Labour>> {
  const rows = await manager.query<(Labour & { queueId: string })[]>(
    `SELECT p.queue_id AS "queueId", coalesce(sum(e.taken_ms), 0)::float8 / 1000 AS seconds,
       (percentile_cont(0.5) WITHIN GROUP (ORDER BY e.taken_ms))::float8 / 1000 AS "medianSeconds"
     FROM rating_pairs p JOIN feedback_events e ON e.rating_pair_id = p.id
     WHERE p.queue_id = ANY($1) AND e.payload->>'kind' = 'comparison' GROUP BY p.queue_id`,
    [queueIds],
  );
  return new Map(rows.map(({ queueId, ...labour }) => [queueId, labour]));
}
