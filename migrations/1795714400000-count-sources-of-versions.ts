import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds changes up by the version; in one order, so that two statements at once cannot wait for each other. */
const addUp = (changes: string, further = '') => `
  PERFORM 1 FROM model_versions WHERE id IN (SELECT model_version_id FROM (${changes}) AS changes) ORDER BY id FOR NO KEY UPDATE;
  UPDATE model_versions v SET
    learnt_sources = v.learnt_sources + changed.learnt, counted_sources = v.counted_sources + changed.counted${further}
  FROM (SELECT model_version_id, sum(learnt)::int AS learnt, sum(counted)::int AS counted FROM (${changes}) AS changes
    GROUP BY model_version_id) AS changed
  WHERE v.id = changed.model_version_id;`;
const of = (rows: string, sign: 1 | -1) =>
  `SELECT model_version_id, ${sign} AS learnt, ${sign} * is_counted::int AS counted FROM ${rows}`;

const triggers = [
  { event: 'insert', tables: 'NEW TABLE AS added', body: addUp(of('added', 1)) },
  {
    event: 'update',
    tables: 'OLD TABLE AS removed NEW TABLE AS added',
    body: addUp(`${of('removed', -1)} UNION ALL ${of('added', 1)}`),
  },
  // Events go by many ways (an account, a conversation, a completion), all of them cascades: here none is forgotten.
  {
    event: 'delete',
    tables: 'OLD TABLE AS removed',
    body: addUp(of('removed', -1), ', erased_sources = v.erased_sources - changed.learnt'),
  },
] as const;

export class CountSourcesOfVersions1795714400000 implements MigrationInterface {
  readonly name = 'CountSourcesOfVersions1795714400000';

  async up(db: QueryRunner): Promise<void> {
    // A version may have learnt from a million acts, which nobody counts for every look at it.
    await db.query(`
      ALTER TABLE model_versions
        ADD COLUMN learnt_sources int NOT NULL DEFAULT 0,
        ADD COLUMN counted_sources int NOT NULL DEFAULT 0`);
    await db.query(`ALTER TABLE model_version_events ADD COLUMN is_counted boolean NOT NULL DEFAULT true`);
    await db.query(`
      UPDATE model_version_events t SET is_counted = false
      WHERE NOT EXISTS (SELECT FROM current_feedback f WHERE f.event_id = t.event_id AND NOT f.is_withdrawn)`);
    await db.query(`
      UPDATE model_versions v SET learnt_sources = taught.learnt, counted_sources = taught.counted
      FROM (SELECT model_version_id, count(*)::int AS learnt, count(*) FILTER (WHERE is_counted)::int AS counted
        FROM model_version_events GROUP BY model_version_id) AS taught
      WHERE v.id = taught.model_version_id`);
    await db.query(`DROP TRIGGER tr_model_version_events_erased ON model_version_events`);
    await db.query(`DROP FUNCTION mark_versions_of_erased_events`);
    for (const { event, tables, body } of triggers) {
      await db.query(`
        CREATE FUNCTION count_sources_${event}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN ${body} RETURN NULL; END $$`);
      await db.query(`
        CREATE TRIGGER tr_model_version_events_${event} AFTER ${event.toUpperCase()} ON model_version_events
        REFERENCING ${tables} FOR EACH STATEMENT EXECUTE FUNCTION count_sources_${event}()`);
    }
    // Something else was said instead, or nothing any more. What was never trained on is in no row here.
    await db.query(`
      CREATE FUNCTION follow_current_feedback() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE model_version_events SET is_counted = false WHERE event_id = OLD.event_id AND is_counted;
        RETURN NULL;
      END $$`);
    await db.query(`
      CREATE TRIGGER tr_current_feedback_sources AFTER UPDATE OF event_id, is_withdrawn ON current_feedback FOR EACH ROW
      WHEN (NOT OLD.is_withdrawn AND (NEW.is_withdrawn OR NEW.event_id <> OLD.event_id))
      EXECUTE FUNCTION follow_current_feedback()`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TRIGGER tr_current_feedback_sources ON current_feedback`);
    await db.query(`DROP FUNCTION follow_current_feedback`);
    for (const { event } of triggers) {
      await db.query(`DROP TRIGGER tr_model_version_events_${event} ON model_version_events`);
      await db.query(`DROP FUNCTION count_sources_${event}`);
    }
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
    await db.query(`ALTER TABLE model_version_events DROP COLUMN is_counted`);
    await db.query(`ALTER TABLE model_versions DROP COLUMN counted_sources, DROP COLUMN learnt_sources`);
  }
}
