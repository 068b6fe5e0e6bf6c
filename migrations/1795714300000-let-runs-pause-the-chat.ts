import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LetRunsPauseTheChat1795714300000 implements MigrationInterface {
  readonly name = 'LetRunsPauseTheChat1795714300000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE runs DROP CONSTRAINT ck_runs_sharing`);
    await db.query(
      `ALTER TABLE runs ADD CONSTRAINT ck_runs_sharing CHECK (sharing IN ('share', 'idle', 'pause'))`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`UPDATE runs SET sharing = 'share' WHERE sharing = 'pause'`);
    await db.query(`ALTER TABLE runs DROP CONSTRAINT ck_runs_sharing`);
    await db.query(`ALTER TABLE runs ADD CONSTRAINT ck_runs_sharing CHECK (sharing IN ('share', 'idle'))`);
  }
}
