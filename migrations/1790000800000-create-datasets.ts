import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateDatasets1790000800000 implements MigrationInterface {
  readonly name = 'CreateDatasets1790000800000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE datasets (
        id uuid CONSTRAINT pk_datasets PRIMARY KEY,
        name text NOT NULL,
        version int NOT NULL,
        source jsonb NOT NULL,
        split_settings jsonb NOT NULL,
        content_hash text NOT NULL,
        counts jsonb NOT NULL,
        report jsonb NOT NULL,
        folder text NOT NULL,
        erased_rows int NOT NULL DEFAULT 0,
        created_by uuid CONSTRAINT fk_datasets_created_by REFERENCES users ON DELETE SET NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_datasets_name_version UNIQUE (name, version)
      )`);
    await db.query(`CREATE INDEX ix_datasets_created_by ON datasets (created_by)`);

    // The people have no foreign key: their rows go out of the files first, and only then out of this table.
    await db.query(`
      CREATE TABLE dataset_items (
        dataset_id uuid NOT NULL CONSTRAINT fk_dataset_items_dataset_id REFERENCES datasets ON DELETE CASCADE,
        position int NOT NULL,
        row_id text NOT NULL,
        kind text NOT NULL CONSTRAINT ck_dataset_items_kind CHECK (kind IN ('sft', 'preference', 'kto', 'text')),
        split text NOT NULL CONSTRAINT ck_dataset_items_split CHECK (split IN ('train', 'held_out')),
        event_ids uuid[] NOT NULL,
        content_hash text NOT NULL,
        prompt_hash text NOT NULL,
        people uuid[] NOT NULL,
        CONSTRAINT pk_dataset_items PRIMARY KEY (dataset_id, position)
      )`);
    await db.query(
      `CREATE INDEX ix_dataset_items_dataset_id_content_hash ON dataset_items (dataset_id, content_hash)`,
    );
    await db.query(`CREATE INDEX ix_dataset_items_event_ids ON dataset_items USING gin (event_ids)`);
    await db.query(`CREATE INDEX ix_dataset_items_people ON dataset_items USING gin (people)`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE dataset_items`);
    await db.query(`DROP TABLE datasets`);
  }
}
