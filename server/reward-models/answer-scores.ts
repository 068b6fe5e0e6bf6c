import type { EntityManager } from 'typeorm';
import type { FeedbackMessage } from '../../common/contracts/feedback.js';
import type { AnswerScore } from '../../common/contracts/reward-models.js';

/** The newest score of each answer that has one; answers as feedback names them. */
export async function listAnswerScores(
  manager: EntityManager,
  answers: readonly Pick<FeedbackMessage, 'messageId'>[],
): Promise<AnswerScore[]> {
  const rows = await manager.query<(Omit<AnswerScore, 'createdAt'> & { createdAt: Date })[]>(
    `SELECT DISTINCT ON (answer.id) answer.id AS "messageId", s.score, s.reward_name AS "rewardName", s.created_at AS "createdAt"
     FROM unnest($1::uuid[]) AS answer (id)
       LEFT JOIN messages m ON m.id = answer.id
       JOIN answer_scores s ON s.generation_id = coalesce(m.generation_id, answer.id)
     ORDER BY answer.id, s.created_at DESC`,
    [answers.map(({ messageId }) => messageId)],
  );
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
}
