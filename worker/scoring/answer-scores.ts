/** Scores answers that were given, and keeps what came of it; answers to one prompt share its computation. */
import type { DataSource } from 'typeorm';
import type { Config } from '../../common/config/config.js';
import type { ChatTurn } from '../../common/contracts/generation.js';
import type { ScoreJob } from '../../common/contracts/reward-models.js';
import type { ResidentScorer } from './resident-scorer.js';
import { getRewardModel } from './reward-source.js';

export interface ScoringServices {
  dataSource: DataSource;
  config: Config;
  scorer: ResidentScorer;
}

interface Answer {
  id: string;
  text: string;
  turns: ChatTurn[];
}

/**
 * Those of the answers that are whole and say something; the others have no score.
 *
 * @returns how many were scored
 * @throws AppError `REWARD_MODEL_GONE` and what scoring throws
 */
export async function scoreAnswers(
  { rewardVersionId, generationIds }: ScoreJob,
  services: ScoringServices,
): Promise<number> {
  const { dataSource, scorer } = services;
  const reward = await getRewardModel(rewardVersionId, services);
  const answers = await dataSource.query<Answer[]>(
    `SELECT id, text, request->'turns' AS turns FROM generations
     WHERE id = ANY($1) AND status IN ('complete', 'stopped') AND btrim(text, E' \\n\\t') <> ''`,
    [generationIds],
  );
  const prompts = new Map<string, Answer[]>();
  for (const answer of answers) {
    const key = JSON.stringify(answer.turns);
    prompts.set(key, [...(prompts.get(key) ?? []), answer]);
  }
  const rows: { id: string; score: number }[] = [];
  // One prompt after another, not all at once: a chat that waits for the best of several answers waits for one of them at most.
  for (const group of prompts.values()) {
    const prompt = { turns: group[0]?.turns ?? [], answers: group.map(({ text }) => text) };
    const [scores] = await scorer.score(reward.source, [prompt]);
    rows.push(...group.map(({ id }, index) => ({ id, score: scores?.[index] ?? Number.NaN })));
  }
  await dataSource.query(
    `INSERT INTO answer_scores (generation_id, reward_version_id, reward_name, score)
     SELECT scored.id, $1, $2, scored.score FROM unnest($3::uuid[], $4::float8[]) AS scored (id, score)
       JOIN generations USING (id)
     ON CONFLICT (generation_id, reward_version_id)
       DO UPDATE SET score = excluded.score, reward_name = excluded.reward_name, created_at = now()`,
    [reward.id, reward.name, rows.map(({ id }) => id), rows.map(({ score }) => score)],
  );
  return rows.length;
}
