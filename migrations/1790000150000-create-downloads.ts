import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateDownloads1790000150000 implements MigrationInterface {
  readonly name = 'CreateDownloads1790000150000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE downloads (
        id uuid CONSTRAINT pk_downloads PRIMARY KEY,
        name text NOT NULL,
        catalogue_id text,
        licence text,
        sources jsonb NOT NULL,
        make_default boolean NOT NULL DEFAULT false,
        state text NOT NULL DEFAULT 'queued' CONSTRAINT ck_downloads_state
          CHECK (state IN ('queued', 'running', 'verifying', 'complete', 'cancelled', 'failed')),
        received_bytes bigint NOT NULL DEFAULT 0,
        total_bytes bigint,
        source text,
        error jsonb,
        model_id uuid CONSTRAINT fk_downloads_model_id REFERENCES models ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query(`CREATE INDEX ix_downloads_model_id ON downloads (model_id)`);
    await db.query(`
      CREATE UNIQUE INDEX uq_downloads_catalogue_id ON downloads (catalogue_id)
        WHERE state IN ('queued', 'running', 'verifying')`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE downloads`);
  }
}
