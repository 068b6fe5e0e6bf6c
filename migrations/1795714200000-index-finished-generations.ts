import type { MigrationInterface, QueryRunner } from 'typeorm';

export class IndexFinishedGenerations1795714200000 implements MigrationInterface {
  readonly name = 'IndexFinishedGenerations1795714200000';

  async up(db: QueryRunner): Promise<void> {
    // How the chat fared lately is read from its newest answers.
    await db.query(
      `CREATE INDEX ix_generations_finished_at ON generations (finished_at) WHERE status = 'complete'`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP INDEX ix_generations_finished_at`);
  }
}
