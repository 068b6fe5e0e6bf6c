import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KeepOriginOfVersions1795714000000 implements MigrationInterface {
  readonly name = 'KeepOriginOfVersions1795714000000';

  async up(db: QueryRunner): Promise<void> {
    // Runs and datasets may be deleted; where a version comes from is told for as long as the version is there.
    await db.query(`ALTER TABLE model_versions ADD COLUMN origin jsonb, ADD COLUMN card text`);
    await db.query(`
      UPDATE model_versions v SET origin = jsonb_build_object(
        'run', jsonb_build_object('id', r.id, 'name', r.name),
        'dataset', jsonb_build_object('id', r.dataset_id, 'name', r.dataset_name),
        'start', jsonb_build_object('id', r.start_version_id, 'name', r.start_version_name))
      FROM runs r WHERE r.result_version_id = v.id`);
    await db.query(
      `CREATE INDEX ix_model_versions_origin_dataset_id ON model_versions ((origin->'dataset'->>'id'))`,
    );
    await db.query(
      `CREATE INDEX ix_model_versions_origin_start_id ON model_versions ((origin->'start'->>'id'))`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP INDEX ix_model_versions_origin_start_id`);
    await db.query(`DROP INDEX ix_model_versions_origin_dataset_id`);
    await db.query(`ALTER TABLE model_versions DROP COLUMN card, DROP COLUMN origin`);
  }
}
