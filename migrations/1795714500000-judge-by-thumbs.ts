import type { MigrationInterface, QueryRunner } from 'typeorm';

export class JudgeByThumbs1795714500000 implements MigrationInterface {
  readonly name = 'JudgeByThumbs1795714500000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE evaluations ADD COLUMN judged_kind text NOT NULL DEFAULT 'preference'
        CONSTRAINT ck_evaluations_judged_kind CHECK (judged_kind IN ('preference', 'kto'))`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE evaluations DROP COLUMN judged_kind`);
  }
}
