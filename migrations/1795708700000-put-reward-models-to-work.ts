import type { MigrationInterface, QueryRunner } from 'typeorm';

export class PutRewardModelsToWork1795708700000 implements MigrationInterface {
  readonly name = 'PutRewardModelsToWork1795708700000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE model_versions
        ADD COLUMN is_reward_model boolean NOT NULL DEFAULT false,
        ADD CONSTRAINT ck_model_versions_is_reward_model CHECK (NOT (is_reward_model AND is_live))`);
    await db.query(`
      ALTER TABLE models ADD COLUMN reward_version_id uuid
        CONSTRAINT fk_models_reward_version_id REFERENCES model_versions ON DELETE SET NULL`);
    await db.query(`CREATE INDEX ix_models_reward_version_id ON models (reward_version_id)`);
    // A score outlives the reward model that gave it, by its name.
    await db.query(`
      CREATE TABLE answer_scores (
        generation_id uuid NOT NULL
          CONSTRAINT fk_answer_scores_generation_id REFERENCES generations ON DELETE CASCADE,
        reward_version_id uuid NOT NULL,
        reward_name text NOT NULL,
        score double precision NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_answer_scores PRIMARY KEY (generation_id, reward_version_id)
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE answer_scores`);
    await db.query(`ALTER TABLE models DROP COLUMN reward_version_id`);
    // The older shape would take them for versions that answer.
    await db.query(`DELETE FROM model_versions WHERE is_reward_model`);
    await db.query(`ALTER TABLE model_versions DROP COLUMN is_reward_model`);
  }
}
