import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateCompletions1790000400000 implements MigrationInterface {
  readonly name = 'CreateCompletions1790000400000';

  async up(db: QueryRunner): Promise<void> {
    // The key goes when it is revoked; what was asked with it stays the person's.
    await db.query(`
      CREATE TABLE completions (
        id text CONSTRAINT pk_completions PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT fk_completions_user_id REFERENCES users ON DELETE CASCADE,
        api_key_id uuid CONSTRAINT fk_completions_api_key_id REFERENCES api_keys ON DELETE SET NULL,
        model_name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query(`CREATE INDEX ix_completions_user_id ON completions (user_id, created_at)`);
    await db.query(`CREATE INDEX ix_completions_api_key_id ON completions (api_key_id)`);

    await db.query(`
      CREATE TABLE completion_choices (
        completion_id text NOT NULL
          CONSTRAINT fk_completion_choices_completion_id REFERENCES completions ON DELETE CASCADE,
        choice int NOT NULL CONSTRAINT ck_completion_choices_choice CHECK (choice >= 0),
        generation_id uuid NOT NULL CONSTRAINT uq_completion_choices_generation_id UNIQUE
          CONSTRAINT fk_completion_choices_generation_id REFERENCES generations ON DELETE CASCADE,
        CONSTRAINT pk_completion_choices PRIMARY KEY (completion_id, choice)
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE completion_choices`);
    await db.query(`DROP TABLE completions`);
  }
}
