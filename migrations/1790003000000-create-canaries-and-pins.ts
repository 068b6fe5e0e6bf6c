import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateCanariesAndPins1790003000000 implements MigrationInterface {
  readonly name = 'CreateCanariesAndPins1790003000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE canaries (
        model_id uuid CONSTRAINT pk_canaries PRIMARY KEY
          CONSTRAINT fk_canaries_model_id REFERENCES models ON DELETE CASCADE,
        version_id uuid NOT NULL CONSTRAINT fk_canaries_version_id REFERENCES model_versions ON DELETE CASCADE,
        share real NOT NULL CONSTRAINT ck_canaries_share CHECK (share > 0 AND share <= 100),
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query(`CREATE INDEX ix_canaries_version_id ON canaries (version_id)`);
    // A version may go; that somebody stayed on it is still to be told, by its name.
    await db.query(`
      CREATE TABLE version_pins (
        user_id uuid CONSTRAINT pk_version_pins PRIMARY KEY
          CONSTRAINT fk_version_pins_user_id REFERENCES users ON DELETE CASCADE,
        version_id uuid NOT NULL,
        version_name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE version_pins`);
    await db.query(`DROP TABLE canaries`);
  }
}
