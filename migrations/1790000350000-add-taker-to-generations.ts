import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddTakerToGenerations1790000350000 implements MigrationInterface {
  readonly name = 'AddTakerToGenerations1790000350000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE generations ADD COLUMN taken_by uuid`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE generations DROP COLUMN taken_by`);
  }
}
