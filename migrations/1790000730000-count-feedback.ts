import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a count tells apart. Nothing of it names a person. */
const facets =
  'created_at, kind, verdict, script, source, is_usable, is_excluded, answer_version_ids, tags' as const;
const facetsOf = (rows: string) => `
  date_trunc('day', ${rows}.created_at, 'UTC') AS created_at, ${rows}.kind, ${rows}.verdict, ${rows}.script, ${rows}.source,
  ${rows}.is_usable, ${rows}.is_excluded, ${rows}.answer_version_ids, ${rows}.tags`;

/** Adds up what a statement changed; in one order, so that two of them at once cannot wait for each other. */
const addUp = (changes: string) => `
  INSERT INTO feedback_counts AS present (${facets}, count)
  SELECT ${facets}, sum(change) FROM (${changes}) AS changes
  GROUP BY ${facets} HAVING sum(change) <> 0 ORDER BY ${facets}
  ON CONFLICT ON CONSTRAINT uq_feedback_counts_facets DO UPDATE SET count = present.count + excluded.count`;
const counting = (rows: string, change: 1 | -1) =>
  `SELECT ${facetsOf(rows)}, ${change} AS change FROM ${rows} WHERE NOT ${rows}.is_withdrawn`;

const triggers = [
  { event: 'insert', tables: 'NEW TABLE AS added', changes: counting('added', 1) },
  {
    event: 'update',
    tables: 'OLD TABLE AS removed NEW TABLE AS added',
    changes: `${counting('removed', -1)} UNION ALL ${counting('added', 1)}`,
  },
  { event: 'delete', tables: 'OLD TABLE AS removed', changes: counting('removed', -1) },
] as const;

const consent = `coalesce(
  (SELECT c.training_consent FROM conversations c WHERE c.id = f.conversation_id), o.training_consent)`;

export class CountFeedback1790000730000 implements MigrationInterface {
  readonly name = 'CountFeedback1790000730000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE current_feedback
        ADD COLUMN is_usable boolean,
        ADD COLUMN source text NOT NULL GENERATED ALWAYS AS
          (CASE WHEN conversation_id IS NULL THEN 'api' ELSE 'chat' END) STORED`);
    await db.query(
      `UPDATE current_feedback f SET is_usable = ${consent} FROM users o WHERE o.id = f.owner_id`,
    );
    await db.query(`ALTER TABLE current_feedback ALTER COLUMN is_usable SET NOT NULL`);
    // Each version once, but for the two sides of a comparison.
    await db.query(`
      UPDATE current_feedback SET answer_version_ids = ARRAY(SELECT DISTINCT unnest(answer_version_ids))
      WHERE kind <> 'comparison' AND cardinality(answer_version_ids) > 1`);
    await reindex(db);
    await db.query(`CREATE INDEX ix_current_feedback_owner_id ON current_feedback (owner_id)`);
    await db.query(`CREATE INDEX ix_current_feedback_conversation_id ON current_feedback (conversation_id)`);

    // Counted by the day: what the page draws of a million acts are sums over some ten thousand rows.
    await db.query(`
      CREATE TABLE feedback_counts (
        created_at timestamptz NOT NULL,
        kind text NOT NULL,
        verdict text,
        script text NOT NULL,
        source text NOT NULL,
        is_usable boolean NOT NULL,
        is_excluded boolean NOT NULL,
        answer_version_ids uuid[] NOT NULL,
        tags text[] NOT NULL,
        count bigint NOT NULL,
        CONSTRAINT uq_feedback_counts_facets UNIQUE NULLS NOT DISTINCT (${facets})
      )`);
    await db.query(addUp(counting('current_feedback', 1)));
    for (const { event, tables, changes } of triggers) {
      await db.query(`
        CREATE FUNCTION count_feedback_${event}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN ${addUp(changes)}; RETURN NULL; END $$`);
      await db.query(`
        CREATE TRIGGER tr_current_feedback_${event} AFTER ${event.toUpperCase()} ON current_feedback
        REFERENCING ${tables} FOR EACH STATEMENT EXECUTE FUNCTION count_feedback_${event}()`);
    }
    await followConsent(db);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of ['users', 'conversations']) {
      await db.query(`DROP TRIGGER tr_${table}_training_consent ON ${table}`);
      await db.query(`DROP FUNCTION follow_consent_of_${table}`);
    }
    for (const { event } of triggers) {
      await db.query(`DROP TRIGGER tr_current_feedback_${event} ON current_feedback`);
      await db.query(`DROP FUNCTION count_feedback_${event}`);
    }
    await db.query(`DROP TABLE feedback_counts`);
    await db.query(`DROP INDEX ix_current_feedback_conversation_id`);
    await restoreIndexes(db);
    await db.query(`ALTER TABLE current_feedback DROP COLUMN source, DROP COLUMN is_usable`);
    await db.query(`DROP INDEX ix_current_feedback_owner_id`);
  }
}

/** The table is read newest first and by time; comparisons are counted all at once. */
async function reindex(db: QueryRunner): Promise<void> {
  await db.query(`DROP INDEX ix_current_feedback_sequence`);
  await db.query(`DROP INDEX ix_current_feedback_created_at`);
  await db.query(`DROP INDEX ix_current_feedback_user_id_sequence`);
  await db.query(`DROP INDEX ix_current_feedback_is_excluded`);
  const newest = '(created_at, sequence)';
  await db.query(`CREATE INDEX ix_current_feedback_created_at_sequence ON current_feedback ${newest}`);
  await db.query(
    `CREATE INDEX ix_current_feedback_user_id_created_at ON current_feedback (user_id, created_at, sequence)`,
  );
  await db.query(
    `CREATE INDEX ix_current_feedback_is_excluded ON current_feedback ${newest} WHERE is_excluded`,
  );
  await db.query(`CREATE INDEX ix_current_feedback_api ON current_feedback ${newest} WHERE source = 'api'`);
  await db.query(`
    CREATE INDEX ix_current_feedback_battles ON current_feedback (answer_version_ids, verdict, log_length_ratio)
    WHERE kind = 'comparison' AND NOT is_withdrawn AND NOT is_excluded`);
}

async function restoreIndexes(db: QueryRunner): Promise<void> {
  for (const name of ['created_at_sequence', 'user_id_created_at', 'is_excluded', 'api', 'battles'])
    await db.query(`DROP INDEX ix_current_feedback_${name}`);
  await db.query(`CREATE INDEX ix_current_feedback_sequence ON current_feedback (sequence)`);
  await db.query(`CREATE INDEX ix_current_feedback_created_at ON current_feedback (created_at)`);
  await db.query(`CREATE INDEX ix_current_feedback_user_id_sequence ON current_feedback (user_id, sequence)`);
  await db.query(
    `CREATE INDEX ix_current_feedback_is_excluded ON current_feedback (sequence) WHERE is_excluded`,
  );
}

/**
 * Keeps the counts of usable feedback right when somebody changes their mind. Whoever writes feedback holds the conversation and then the
 * account (FeedbackLedger), as this does, so that neither misses what the other is about to say.
 */
async function followConsent(db: QueryRunner): Promise<void> {
  const follow = (where: string) => `
    UPDATE current_feedback f SET is_usable = ${consent} FROM users o
    WHERE o.id = f.owner_id AND ${where} AND f.is_usable <> ${consent};`;
  const bodies = {
    users: follow('f.owner_id = NEW.id'),
    conversations: `
      PERFORM 1 FROM users WHERE id = NEW.user_id FOR SHARE;
      ${follow('f.conversation_id = NEW.id')}`,
  };
  for (const [table, body] of Object.entries(bodies)) {
    await db.query(`
      CREATE FUNCTION follow_consent_of_${table}() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN ${body} RETURN NULL; END $$`);
    await db.query(`
      CREATE TRIGGER tr_${table}_training_consent AFTER UPDATE OF training_consent ON ${table}
      FOR EACH ROW WHEN (OLD.training_consent IS DISTINCT FROM NEW.training_consent)
      EXECUTE FUNCTION follow_consent_of_${table}()`);
  }
}
