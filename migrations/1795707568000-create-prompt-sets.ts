import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreatePromptSets1795707568000 implements MigrationInterface {
  readonly name = 'CreatePromptSets1795707568000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE prompt_sets (
        id uuid CONSTRAINT pk_prompt_sets PRIMARY KEY,
        name text NOT NULL,
        purpose text NOT NULL CONSTRAINT ck_prompt_sets_purpose
          CHECK (purpose IN ('training', 'quality', 'regression', 'safety')),
        description text NOT NULL DEFAULT '',
        is_built_in boolean NOT NULL DEFAULT false,
        created_by uuid CONSTRAINT fk_prompt_sets_created_by REFERENCES users ON DELETE SET NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query(`
      CREATE TABLE prompts (
        id uuid CONSTRAINT pk_prompts PRIMARY KEY,
        set_id uuid NOT NULL CONSTRAINT fk_prompts_set_id REFERENCES prompt_sets ON DELETE CASCADE,
        position int NOT NULL,
        messages jsonb NOT NULL,
        checks jsonb NOT NULL DEFAULT '[]',
        CONSTRAINT uq_prompts_set_id_position UNIQUE (set_id, position)
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE prompts`);
    await db.query(`DROP TABLE prompt_sets`);
    await db.query(`DELETE FROM settings WHERE key = 'prompt-sets.built-in'`);
  }
}
