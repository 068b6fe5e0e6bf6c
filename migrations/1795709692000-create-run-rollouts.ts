import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateRunRollouts1795709692000 implements MigrationInterface {
  readonly name = 'CreateRunRollouts1795709692000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE run_rollouts (
        run_id uuid NOT NULL CONSTRAINT fk_run_rollouts_run_id REFERENCES runs ON DELETE CASCADE,
        step int NOT NULL,
        at timestamptz NOT NULL,
        groups jsonb NOT NULL,
        CONSTRAINT pk_run_rollouts PRIMARY KEY (run_id, step)
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE run_rollouts`);
  }
}
