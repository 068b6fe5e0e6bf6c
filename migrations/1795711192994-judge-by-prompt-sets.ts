import type { MigrationInterface, QueryRunner } from 'typeorm';

export class JudgeByPromptSets1795711192994 implements MigrationInterface {
  readonly name = 'JudgeByPromptSets1795711192994';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE evaluations
        ADD COLUMN prompt_sets jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN reward_version_id uuid`);
    // The set is named in the evaluation and may go; what was asked and answered stays with the verdict on it.
    await db.query(`
      CREATE TABLE evaluation_answers (
        evaluation_id uuid NOT NULL
          CONSTRAINT fk_evaluation_answers_evaluation_id REFERENCES evaluations ON DELETE CASCADE,
        position int NOT NULL,
        set_id uuid NOT NULL,
        messages jsonb NOT NULL,
        checks jsonb NOT NULL,
        candidate jsonb NOT NULL,
        live jsonb NOT NULL,
        CONSTRAINT pk_evaluation_answers PRIMARY KEY (evaluation_id, position)
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE evaluation_answers`);
    await db.query(`ALTER TABLE evaluations DROP COLUMN prompt_sets, DROP COLUMN reward_version_id`);
  }
}
