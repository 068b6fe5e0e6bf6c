import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddRepeatsToRuns1790000910000 implements MigrationInterface {
  readonly name = 'AddRepeatsToRuns1790000910000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE runs ADD COLUMN repeats text NOT NULL DEFAULT 'once'
        CONSTRAINT ck_runs_repeats CHECK (repeats = 'once' OR (repeats = 'nightly' AND scheduled_at IS NOT NULL))`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE runs DROP COLUMN repeats`);
  }
}
