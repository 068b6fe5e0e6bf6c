import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateRounds1795708584209 implements MigrationInterface {
  readonly name = 'CreateRounds1795708584209';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE round_plans (
        model_id uuid CONSTRAINT pk_round_plans PRIMARY KEY
          CONSTRAINT fk_round_plans_model_id REFERENCES models ON DELETE CASCADE,
        plan jsonb NOT NULL,
        saved_by uuid CONSTRAINT fk_round_plans_saved_by REFERENCES users ON DELETE SET NULL,
        saved_at timestamptz NOT NULL DEFAULT now(),
        stopped_at timestamptz
      )`);
    // What it made and used may go; the round stays readable by the names.
    await db.query(`
      CREATE TABLE rounds (
        id uuid CONSTRAINT pk_rounds PRIMARY KEY,
        model_id uuid NOT NULL CONSTRAINT fk_rounds_model_id REFERENCES models ON DELETE CASCADE,
        number int NOT NULL,
        plan jsonb NOT NULL,
        occasion text NOT NULL
          CONSTRAINT ck_rounds_occasion CHECK (occasion IN ('asked', 'feedback', 'nightly', 'ended')),
        state text NOT NULL DEFAULT 'running' CONSTRAINT ck_rounds_state
          CHECK (state IN ('running', 'asking', 'failed', 'promoted', 'kept', 'declined', 'cancelled')),
        step text NOT NULL DEFAULT 'dataset'
          CONSTRAINT ck_rounds_step CHECK (step IN ('dataset', 'run', 'evaluation', 'promotion')),
        stepped_at timestamptz NOT NULL DEFAULT now(),
        faults int NOT NULL DEFAULT 0,
        new_acts int NOT NULL,
        start_version_id uuid NOT NULL,
        start_version_name text NOT NULL,
        dataset_id uuid NOT NULL,
        candidate_id uuid,
        candidate_name text,
        evaluation_id uuid NOT NULL,
        gate jsonb,
        approved_by uuid CONSTRAINT fk_rounds_approved_by REFERENCES users ON DELETE SET NULL,
        promotion_id uuid,
        error jsonb,
        created_by uuid CONSTRAINT fk_rounds_created_by REFERENCES users ON DELETE SET NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        CONSTRAINT uq_rounds_model_id_number UNIQUE (model_id, number),
        CONSTRAINT ck_rounds_finished_at
          CHECK ((finished_at IS NULL) = (state IN ('running', 'asking', 'failed')))
      )`);
    // Whoever begins a second one is told, whichever server they ask.
    await db.query(`CREATE UNIQUE INDEX uq_rounds_model_id ON rounds (model_id) WHERE finished_at IS NULL`);
    await db.query(`
      CREATE TABLE round_runs (
        round_id uuid NOT NULL CONSTRAINT fk_round_runs_round_id REFERENCES rounds ON DELETE CASCADE,
        position int NOT NULL,
        run_id uuid NOT NULL,
        CONSTRAINT pk_round_runs PRIMARY KEY (round_id, position)
      )`);
    await db.query(`CREATE UNIQUE INDEX uq_round_runs_run_id ON round_runs (run_id)`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE round_runs`);
    await db.query(`DROP TABLE rounds`);
    await db.query(`DROP TABLE round_plans`);
  }
}
