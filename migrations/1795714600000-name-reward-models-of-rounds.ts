import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A stage that answers itself and named no reward learnt from the reward model of its round; now it says so. */
export class NameRewardModelsOfRounds1795714600000 implements MigrationInterface {
  readonly name = 'NameRewardModelsOfRounds1795714600000';

  async up(db: QueryRunner): Promise<void> {
    for (const table of ['round_plans', 'rounds'])
      await db.query(
        rewriteRewards(
          table,
          `CASE WHEN stage->'rewards' = '[]' THEN '[{"type": "round_model", "weight": 1}]' ELSE stage->'rewards' END`,
        ),
      );
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of ['round_plans', 'rounds'])
      await db.query(
        rewriteRewards(table, `jsonb_path_query_array(stage->'rewards', '$[*] ? (@.type != "round_model")')`),
      );
  }
}

/** @param rewards  SQL of what a stage that has rewards gets instead */
const rewriteRewards = (table: string, rewards: string) => `
  UPDATE ${table} SET plan = jsonb_set(plan, '{recipe,stages}', (
    SELECT jsonb_agg(
      CASE WHEN stage ? 'rewards' THEN jsonb_set(stage, '{rewards}', ${rewards}) ELSE stage END ORDER BY place)
    FROM jsonb_array_elements(plan->'recipe'->'stages') WITH ORDINALITY AS stages(stage, place)))
  WHERE plan->'recipe'->>'type' = 'stages'`;
