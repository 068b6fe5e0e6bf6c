import { Injectable } from '@nestjs/common';
import { DataSource, In, type EntityManager } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { EvaluationResult, VersionStanding, WinRate } from '../../common/contracts/evaluations.js';
import { EvaluationEntity } from '../../common/database/evaluation.entity.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { PromptSetEntity } from '../../common/database/prompt-set.entity.js';
import { feedbackTables, toCondition } from '../feedback/feedback-query.js';
import { toEvaluation } from './evaluation-rows.js';
import { judge, toWinRate } from './gate.js';

/** What speaks for a version, against the one that is live of its model. */
@Injectable()
export class VersionStandingService {
  constructor(private readonly db: DataSource) {}

  /** @throws AppError `RESOURCE_NOT_FOUND` */
  async get(versionId: string, db: EntityManager = this.db.manager): Promise<VersionStanding> {
    const version = await getVersion(db, versionId);
    const live = await getLive(db, version.modelId);
    const evaluations = await db.find(EvaluationEntity, {
      where: { candidateId: version.id, liveId: live.id },
      order: { createdAt: 'DESC' },
    });
    const [evaluation] = evaluations;
    // While the newest is under way, or after it failed, nothing is known.
    const results =
      evaluation?.state === 'succeeded' ? evaluations.flatMap(({ result }) => result ?? []) : [];
    return {
      version: { id: version.id, name: version.name },
      live: { id: live.id, name: live.name },
      gate: judge(await countVotes(db, version.id, live.id), await leaveOutGoneSets(db, results)),
      evaluation: evaluation ? toEvaluation(evaluation) : null,
    };
  }
}

/** The verdict on a set that is deleted goes with it: nothing could ever be judged on it again, and take it back. */
async function leaveOutGoneSets(
  db: EntityManager,
  results: readonly EvaluationResult[],
): Promise<EvaluationResult[]> {
  const judged = results.flatMap(({ promptSets = [] }) => promptSets.map(({ id }) => id));
  const sets = await db.findBy(PromptSetEntity, { id: In(judged) });
  const present = new Set(sets.map(({ id }) => id));
  return results.map(({ promptSets = [], ...result }) => ({
    ...result,
    promptSets: promptSets.filter(({ id }) => present.has(id)),
  }));
}

/** A version that answers. @throws AppError `RESOURCE_NOT_FOUND` */
export async function getVersion(db: EntityManager, id: string): Promise<ModelVersionEntity> {
  const version = await db.findOneBy(ModelVersionEntity, { id, isRewardModel: false });
  if (!version) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'model version' });
  return version;
}

/** What answers when a model is chosen: its live version, else its base. */
export async function getLive(db: EntityManager, modelId: string): Promise<ModelVersionEntity> {
  const [live] = await db.find(ModelVersionEntity, {
    where: { modelId, isRewardModel: false },
    order: { isLive: 'DESC', createdAt: 'ASC' },
    take: 1,
  });
  if (!live) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'model version' });
  return live;
}

/**
 * Blind comparisons of the two, as they count now; two bad answers are as equal as two good ones. Raters of one pair judge the same two
 * answers: together they are one vote. Who changes a vote when both have names is not blind any more.
 */
async function countVotes(db: EntityManager, candidate: string, live: string): Promise<WinRate> {
  const { sql, parameters } = toCondition({ kinds: ['comparison'], isExcluded: false }, [candidate, live]);
  const [row] = await db.query<[{ wins: number; votes: number }]>(
    `SELECT count(*)::int AS votes, coalesce(sum(won), 0)::float8 AS wins
     FROM (
       SELECT avg(CASE
         WHEN f.verdict NOT IN ('left', 'right') THEN 0.5
         WHEN f.answer_version_ids[CASE f.verdict WHEN 'left' THEN 1 ELSE 2 END] = $1::uuid THEN 1
         ELSE 0 END) AS won
       FROM ${feedbackTables} LEFT JOIN comparisons shown ON shown.id = f.subject_id
       WHERE ${sql} AND f.answer_version_ids IN (ARRAY[$1, $2]::uuid[], ARRAY[$2, $1]::uuid[])
         AND (shown.revealed_at IS NULL OR f.created_at <= shown.revealed_at)
       GROUP BY f.subject_id
     ) AS pairs`,
    parameters,
  );
  return toWinRate(row.wins, row.votes);
}
