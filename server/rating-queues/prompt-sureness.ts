/** Which prompts a queue asks where its source has more than it takes: those that reward models were least sure of before. */
import type { EntityManager } from 'typeorm';
import type { ChatTurn } from '../../common/contracts/generation.js';

interface AskedBefore {
  turns: readonly ChatTurn[];
}

/**
 * By what scored two answers to the same prompt last, in an evaluation or in another queue of the model: the closer the scores, the earlier.
 * A prompt that nothing has scored is as good as the middle one of those that something has.
 *
 * @returns the same prompts; those alike in their order
 */
export async function leastSureFirst<T extends AskedBefore>(
  db: EntityManager,
  modelId: string,
  prompts: readonly T[],
): Promise<T[]> {
  const rows = await db.query<{ place: number; lead: number }[]>(
    `WITH asked AS MATERIALIZED (
       SELECT turns, place FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS listed (turns, place)),
     scored AS (
       SELECT a.place, (e.candidate->>'score')::float8 - (e.live->>'score')::float8 AS lead, v.finished_at AS at
       FROM evaluations v
         JOIN model_versions c ON c.id = v.candidate_id AND c.model_id = $1
         JOIN evaluation_answers e ON e.evaluation_id = v.id
         JOIN asked a ON a.turns = e.messages
       UNION ALL
       SELECT a.place, x.score - y.score, x.created_at
       FROM rating_queues q
         JOIN model_versions f ON f.id = q.first_id AND f.model_id = $1
         JOIN rating_pairs p ON p.queue_id = q.id
         JOIN asked a ON a.turns = p.turns
         JOIN answer_scores x ON x.generation_id = p.first_generation_id
         JOIN answer_scores y ON y.generation_id = p.second_generation_id AND y.reward_version_id = x.reward_version_id)
     SELECT DISTINCT ON (place) (place - 1)::int AS place, abs(lead) AS lead FROM scored
     WHERE lead IS NOT NULL ORDER BY place, at DESC`,
    [modelId, JSON.stringify(prompts.map(({ turns }) => turns))],
  );
  const leads = new Map(rows.map(({ place, lead }) => [place, lead]));
  const sorted = rows.map(({ lead }) => lead).sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const leadOf = (place: number) => leads.get(place) ?? middle;
  return prompts
    .map((prompt, place) => ({ prompt, lead: leadOf(place) }))
    .sort((a, b) => a.lead - b.lead)
    .map(({ prompt }) => prompt);
}
