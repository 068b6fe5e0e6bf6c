import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RememberTrainingEvents1790000720000 implements MigrationInterface {
  readonly name = 'RememberTrainingEvents1790000720000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE model_version_events (
        model_version_id uuid NOT NULL
          CONSTRAINT fk_model_version_events_model_version_id REFERENCES model_versions ON DELETE CASCADE,
        event_id uuid NOT NULL
          CONSTRAINT fk_model_version_events_event_id REFERENCES feedback_events ON DELETE CASCADE,
        CONSTRAINT pk_model_version_events PRIMARY KEY (model_version_id, event_id)
      )`);
    await db.query(`CREATE INDEX ix_model_version_events_event_id ON model_version_events (event_id)`);
    await db.query(`
      ALTER TABLE model_versions ADD COLUMN erased_sources int NOT NULL DEFAULT 0
        CONSTRAINT ck_model_versions_erased_sources CHECK (erased_sources >= 0)`);

    // Events go by many ways (an account, a conversation, a completion), all of them cascades: here none is forgotten.
    await db.query(`
      CREATE FUNCTION mark_versions_of_erased_events() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE model_versions v SET erased_sources = v.erased_sources + gone.count
        FROM (SELECT model_version_id, count(*)::int AS count FROM erased GROUP BY 1) AS gone
        WHERE v.id = gone.model_version_id;
        RETURN NULL;
      END $$`);
    await db.query(`
      CREATE TRIGGER tr_model_version_events_erased AFTER DELETE ON model_version_events
      REFERENCING OLD TABLE AS erased FOR EACH STATEMENT EXECUTE FUNCTION mark_versions_of_erased_events()`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE model_version_events`);
    await db.query(`DROP FUNCTION mark_versions_of_erased_events`);
    await db.query(`ALTER TABLE model_versions DROP COLUMN erased_sources`);
  }
}
