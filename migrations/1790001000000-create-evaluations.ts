import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateEvaluations1790001000000 implements MigrationInterface {
  readonly name = 'CreateEvaluations1790001000000';

  async up(db: QueryRunner): Promise<void> {
    // What is judged may go; what came of it stays readable by the names.
    await db.query(`
      CREATE TABLE evaluations (
        id uuid CONSTRAINT pk_evaluations PRIMARY KEY,
        candidate_id uuid NOT NULL,
        candidate_name text NOT NULL,
        live_id uuid NOT NULL,
        live_name text NOT NULL,
        dataset_id uuid NOT NULL,
        dataset_name text NOT NULL,
        state text NOT NULL DEFAULT 'queued'
          CONSTRAINT ck_evaluations_state CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
        result jsonb,
        error jsonb,
        created_by uuid CONSTRAINT fk_evaluations_created_by REFERENCES users ON DELETE SET NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz
      )`);
    await db.query(`CREATE INDEX ix_evaluations_candidate_id_live_id ON evaluations (candidate_id, live_id)`);
    await db.query(`
      CREATE TABLE promotions (
        id uuid CONSTRAINT pk_promotions PRIMARY KEY,
        sequence bigint GENERATED ALWAYS AS IDENTITY,
        model_id uuid NOT NULL CONSTRAINT fk_promotions_model_id REFERENCES models ON DELETE CASCADE,
        kind text NOT NULL CONSTRAINT ck_promotions_kind CHECK (kind IN ('promotion', 'forced', 'rollback')),
        version_id uuid CONSTRAINT fk_promotions_version_id REFERENCES model_versions ON DELETE SET NULL,
        version_name text NOT NULL,
        previous_id uuid CONSTRAINT fk_promotions_previous_id REFERENCES model_versions ON DELETE SET NULL,
        previous_name text NOT NULL,
        reason text CONSTRAINT ck_promotions_reason CHECK (reason IS NOT NULL OR kind <> 'forced'),
        gate jsonb,
        created_by uuid CONSTRAINT fk_promotions_created_by REFERENCES users ON DELETE SET NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query(`CREATE INDEX ix_promotions_model_id_sequence ON promotions (model_id, sequence)`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE promotions`);
    await db.query(`DROP TABLE evaluations`);
  }
}
