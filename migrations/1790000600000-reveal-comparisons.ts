import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RevealComparisons1790000600000 implements MigrationInterface {
  readonly name = 'RevealComparisons1790000600000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE comparisons ADD COLUMN revealed_at timestamptz`);
    // Asked of every answer that is read: is it still to be kept nameless?
    await db.query(
      `CREATE INDEX ix_comparisons_blind ON comparisons (conversation_id) WHERE revealed_at IS NULL`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE comparisons DROP COLUMN revealed_at`);
  }
}
