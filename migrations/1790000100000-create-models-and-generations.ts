import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateModelsAndGenerations1790000100000 implements MigrationInterface {
  readonly name = 'CreateModelsAndGenerations1790000100000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE models (
        id uuid CONSTRAINT pk_models PRIMARY KEY,
        name text NOT NULL,
        catalogue_id text,
        licence text,
        source text NOT NULL,
        path text NOT NULL,
        size_bytes bigint NOT NULL CONSTRAINT ck_models_size_bytes CHECK (size_bytes > 0),
        sha256 text NOT NULL CONSTRAINT uq_models_sha256 UNIQUE,
        architecture text NOT NULL,
        parameters bigint NOT NULL,
        context_tokens int NOT NULL CONSTRAINT ck_models_context_tokens CHECK (context_tokens > 0),
        is_default boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query(`CREATE UNIQUE INDEX uq_models_is_default ON models (is_default) WHERE is_default`);

    await db.query(`
      CREATE TABLE model_versions (
        id uuid CONSTRAINT pk_model_versions PRIMARY KEY,
        model_id uuid NOT NULL CONSTRAINT fk_model_versions_model_id REFERENCES models ON DELETE CASCADE,
        name text NOT NULL CONSTRAINT uq_model_versions_name UNIQUE,
        adapter_path text,
        adapter_sha256 text,
        is_live boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query(`CREATE INDEX ix_model_versions_model_id ON model_versions (model_id)`);
    await db.query(
      `CREATE UNIQUE INDEX uq_model_versions_is_live ON model_versions (model_id) WHERE is_live`,
    );

    // No foreign key to the version: an answer stays when the model that gave it is deleted; its provenance says what it was.
    await db.query(`
      CREATE TABLE generations (
        id uuid CONSTRAINT pk_generations PRIMARY KEY,
        model_version_id uuid NOT NULL,
        request_id text NOT NULL,
        request jsonb NOT NULL,
        status text NOT NULL DEFAULT 'queued' CONSTRAINT ck_generations_status
          CHECK (status IN ('queued', 'running', 'complete', 'stopped', 'failed')),
        text text NOT NULL DEFAULT '',
        stop_reason text,
        context jsonb,
        usage jsonb,
        timings jsonb,
        provenance jsonb,
        log_probs jsonb,
        error jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz
      )`);
    await db.query(
      `CREATE INDEX ix_generations_unfinished ON generations (created_at) WHERE status IN ('queued', 'running')`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE generations`);
    await db.query(`DROP TABLE model_versions`);
    await db.query(`DROP TABLE models`);
  }
}
