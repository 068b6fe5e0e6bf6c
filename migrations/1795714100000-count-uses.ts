import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a use counts; what is added up is people's time as well. */
const counted =
  'count, computed_us, measured_us, energy_mj, prompt_tokens, cached_tokens, completion_tokens' as const;
const columns = [...counted.split(', '), 'person_ms'];

/** Adds changes up by the day; in one order, so that two statements at once cannot wait for each other. */
const addUp = (changes: string) => `
  INSERT INTO use_days AS present (day, kind, user_id, ${columns.join(', ')})
  SELECT day, kind, user_id, ${columns.map((column) => `sum(${column})`).join(', ')} FROM (${changes}) AS changes
  GROUP BY day, kind, user_id ORDER BY day, kind, user_id
  ON CONFLICT ON CONSTRAINT uq_use_days_day_kind_user_id DO UPDATE SET
    ${columns.map((column) => `${column} = present.${column} + excluded.${column}`).join(', ')}`;
/** Takes away what came to nothing: a sum of nothing would keep the id of somebody whose account is erased. */
const dropEmpty = (changes: string) => `
  DELETE FROM use_days AS present USING (SELECT DISTINCT day, kind, user_id FROM (${changes}) AS changes) AS changed
  WHERE present.day = changed.day AND present.kind = changed.kind AND present.user_id = changed.user_id
    AND ${columns.map((column) => `present.${column} = 0`).join(' AND ')}`;
const ofUses = (rows: string, sign: 1 | -1) => `
  SELECT day, kind, user_id, ${counted
    .split(', ')
    .map((column) => `${sign} * ${column} AS ${column}`)
    .join(', ')}, 0 AS person_ms FROM ${rows}`;

/** Acts that somebody was asked for or took the trouble of; what was taken back took time as well. */
const ofLabels = (rows: string, owner: string, sign: 1 | -1) => `
  SELECT (created_at AT TIME ZONE 'UTC')::date AS day, 'label' AS kind, ${owner} AS user_id,
    ${sign} * (kind <> 'pick' AND payload->>'kind' <> 'withdrawn')::int AS count, 0 AS computed_us, 0 AS measured_us,
    0 AS energy_mj, 0 AS prompt_tokens, 0 AS cached_tokens, 0 AS completion_tokens,
    ${sign} * coalesce(duration_ms, 0)::bigint AS person_ms
  FROM ${rows}`;

const triggers = [
  { table: 'compute_uses', event: 'insert', tables: 'NEW TABLE AS added', changes: ofUses('added', 1) },
  {
    table: 'compute_uses',
    event: 'update',
    tables: 'OLD TABLE AS removed NEW TABLE AS added',
    changes: `${ofUses('removed', -1)} UNION ALL ${ofUses('added', 1)}`,
  },
  {
    table: 'feedback_events',
    event: 'insert',
    tables: 'NEW TABLE AS added',
    changes: ofLabels('added', 'user_id', 1),
  },
  // Erased feedback has taken its time all the same; whose it was is forgotten.
  {
    table: 'feedback_events',
    event: 'delete',
    tables: 'OLD TABLE AS removed',
    changes: `${ofLabels('removed', 'user_id', -1)} UNION ALL ${ofLabels('removed', 'NULL::uuid', 1)}`,
  },
] as const;

const kindOfGeneration = (row: string) => `CASE
  WHEN ${row}.message_id IS NOT NULL THEN 'answer'
  WHEN ${row}.conversation_id IS NOT NULL THEN 'title'
  ELSE 'completion' END`;
const ofGeneration = (row: string, day: string) => `
  ${row}.id, ${day}, ${kindOfGeneration(row)}, ${row}.id, ${row}.user_id, 1, (${row}.usage->>'promptTokens')::bigint,
  (${row}.usage->>'cachedTokens')::bigint, (${row}.usage->>'completionTokens')::bigint`;
const generationColumns =
  'session_id, day, kind, subject_id, user_id, count, prompt_tokens, cached_tokens, completion_tokens' as const;
const today = `(now() AT TIME ZONE 'UTC')::date`;

export class CountUses1795714100000 implements MigrationInterface {
  readonly name = 'CountUses1795714100000';

  async up(db: QueryRunner): Promise<void> {
    // One row a session and day: whoever computes writes its totals again and again, so that nothing is counted twice, and another
    // that goes on with it begins a session of its own. No foreign key to what was computed: that it is gone makes it no cheaper.
    await db.query(`
      CREATE TABLE compute_uses (
        session_id uuid NOT NULL,
        day date NOT NULL,
        kind text NOT NULL CONSTRAINT ck_compute_uses_kind CHECK
          (kind IN ('answer', 'completion', 'title', 'embedding', 'run', 'sample', 'evaluation', 'estimate')),
        subject_id uuid NOT NULL,
        user_id uuid CONSTRAINT fk_compute_uses_user_id REFERENCES users ON DELETE SET NULL,
        count bigint NOT NULL DEFAULT 0,
        computed_us bigint NOT NULL DEFAULT 0,
        measured_us bigint NOT NULL DEFAULT 0,
        energy_mj bigint NOT NULL DEFAULT 0,
        prompt_tokens bigint NOT NULL DEFAULT 0,
        cached_tokens bigint NOT NULL DEFAULT 0,
        completion_tokens bigint NOT NULL DEFAULT 0,
        CONSTRAINT pk_compute_uses PRIMARY KEY (session_id, day)
      )`);
    await db.query(`CREATE INDEX ix_compute_uses_subject_id ON compute_uses (subject_id)`);
    await db.query(`CREATE INDEX ix_compute_uses_user_id ON compute_uses (user_id)`);
    await db.query(`
      CREATE TABLE use_days (
        day date NOT NULL,
        kind text NOT NULL,
        user_id uuid,
        ${columns.map((column) => `${column} bigint NOT NULL`).join(', ')},
        CONSTRAINT uq_use_days_day_kind_user_id UNIQUE NULLS NOT DISTINCT (day, kind, user_id)
      )`);
    await countPresent(db);
    for (const { table, event, tables, changes } of triggers) {
      await db.query(`
        CREATE FUNCTION add_up_${table}_${event}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          ${addUp(changes)};
          ${event === 'insert' ? '' : `${dropEmpty(changes)};`}
          RETURN NULL;
        END $$`);
      await db.query(`
        CREATE TRIGGER tr_${table}_${event}_uses AFTER ${event.toUpperCase()} ON ${table}
        REFERENCING ${tables} FOR EACH STATEMENT EXECUTE FUNCTION add_up_${table}_${event}()`);
    }
    // With the row that ends an answer, so that its tokens are counted once whoever ends it.
    await db.query(`
      CREATE FUNCTION count_generation() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO compute_uses (${generationColumns}) SELECT ${ofGeneration('NEW', today)};
        RETURN NULL;
      END $$`);
    await db.query(`
      CREATE TRIGGER tr_generations_uses AFTER UPDATE OF status ON generations FOR EACH ROW
      WHEN (NEW.status IN ('complete', 'stopped') AND OLD.status NOT IN ('complete', 'stopped') AND NEW.usage IS NOT NULL)
      EXECUTE FUNCTION count_generation()`);
    await db.query(`
      ALTER TABLE model_versions ADD COLUMN label_count int NOT NULL DEFAULT 0, ADD COLUMN label_ms bigint NOT NULL DEFAULT 0`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE model_versions DROP COLUMN label_ms, DROP COLUMN label_count`);
    await db.query(`DROP TRIGGER tr_generations_uses ON generations`);
    await db.query(`DROP FUNCTION count_generation`);
    for (const { table, event } of triggers) {
      await db.query(`DROP TRIGGER tr_${table}_${event}_uses ON ${table}`);
      await db.query(`DROP FUNCTION add_up_${table}_${event}`);
    }
    await db.query(`DROP TABLE use_days`);
    await db.query(`DROP TABLE compute_uses`);
  }
}

/** Tokens and people's time of what was there before; nobody wrote down what computed how long. */
async function countPresent(db: QueryRunner): Promise<void> {
  await db.query(`
    INSERT INTO compute_uses (${generationColumns})
    SELECT ${ofGeneration('g', `(coalesce(g.finished_at, g.created_at) AT TIME ZONE 'UTC')::date`)}
    FROM generations g WHERE g.status IN ('complete', 'stopped') AND g.usage IS NOT NULL`);
  await db.query(addUp(ofUses('compute_uses', 1)));
  await db.query(addUp(ofLabels('feedback_events', 'user_id', 1)));
}
