import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A page that was left open is no work: longest that an act is reckoned to take. */
const longestActMs = 10 * 60_000;

/** What acts were counted for beyond that, by the day and whoever did them. */
const surplus = `
  SELECT (created_at AT TIME ZONE 'UTC')::date AS day, user_id, sum(duration_ms - taken_ms) AS ms
  FROM feedback_events WHERE duration_ms > taken_ms GROUP BY 1, 2`;

/** The time of acts is counted from one column, which no reader has to cap again. */
export class CapTimeOfActs1797000000000 implements MigrationInterface {
  readonly name = 'CapTimeOfActs1797000000000';

  async up(db: QueryRunner): Promise<void> {
    // What was said of an act stays as it was said. Not `least`, by which an act without a time would have taken the longest.
    await db.query(`
      ALTER TABLE feedback_events ADD COLUMN taken_ms int GENERATED ALWAYS AS
        (CASE WHEN duration_ms > ${longestActMs} THEN ${longestActMs} ELSE duration_ms END) STORED`);
    await changeUses(db, '-');
    await countBy(db, { before: 'duration_ms', after: 'taken_ms' });
  }

  async down(db: QueryRunner): Promise<void> {
    await countBy(db, { before: 'taken_ms', after: 'duration_ms' });
    await changeUses(db, '+');
    await db.query(`ALTER TABLE feedback_events DROP COLUMN taken_ms`);
  }
}

async function changeUses(db: QueryRunner, sign: '+' | '-'): Promise<void> {
  await db.query(`
    UPDATE use_days u SET person_ms = u.person_ms ${sign} surplus.ms FROM (${surplus}) AS surplus
    WHERE u.kind = 'label' AND u.day = surplus.day AND u.user_id = surplus.user_id`);
}

/** The functions that add up the costs of acts are as before, but for the column that they read. */
async function countBy(db: QueryRunner, { before, after }: { before: string; after: string }): Promise<void> {
  for (const event of ['insert', 'delete']) {
    const [{ definition }] = (await db.query(
      `SELECT pg_get_functiondef('add_up_feedback_events_${event}'::regproc) AS definition`,
    )) as [{ definition: string }];
    await db.query(definition.replaceAll(`coalesce(${before}, 0)`, `coalesce(${after}, 0)`));
  }
}
