import type { MigrationInterface, QueryRunner } from 'typeorm';

const newest = '(created_at, sequence)';

export class CreateRatingQueues1795708600000 implements MigrationInterface {
  readonly name = 'CreateRatingQueues1795708600000';

  async up(db: QueryRunner): Promise<void> {
    // The versions may go; what people said of them stays readable by the names.
    await db.query(`
      CREATE TABLE rating_queues (
        id uuid CONSTRAINT pk_rating_queues PRIMARY KEY,
        name text NOT NULL,
        first_id uuid NOT NULL,
        first_name text NOT NULL,
        second_id uuid NOT NULL,
        second_name text NOT NULL,
        prompts jsonb NOT NULL,
        prompts_name text NOT NULL,
        raters_per_pair int NOT NULL
          CONSTRAINT ck_rating_queues_raters_per_pair CHECK (raters_per_pair BETWEEN 1 AND 20),
        is_open boolean NOT NULL DEFAULT true,
        created_by uuid CONSTRAINT fk_rating_queues_created_by REFERENCES users ON DELETE SET NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_rating_queues_versions CHECK (first_id <> second_id)
      )`);
    await db.query(`CREATE INDEX ix_rating_queues_created_by ON rating_queues (created_by)`);
    await db.query(`
      CREATE TABLE rating_pairs (
        id uuid CONSTRAINT pk_rating_pairs PRIMARY KEY,
        queue_id uuid NOT NULL CONSTRAINT fk_rating_pairs_queue_id REFERENCES rating_queues ON DELETE CASCADE,
        position int NOT NULL,
        turns jsonb NOT NULL,
        people uuid[] NOT NULL,
        first_generation_id uuid NOT NULL,
        second_generation_id uuid NOT NULL,
        CONSTRAINT uq_rating_pairs_queue_id_position UNIQUE (queue_id, position)
      )`);
    await db.query(`CREATE INDEX ix_rating_pairs_people ON rating_pairs USING gin (people)`);
    // Who was given what, so that nobody gets a pair twice, and a reload shows the same one on the same sides.
    await db.query(`
      CREATE TABLE rating_assignments (
        pair_id uuid NOT NULL CONSTRAINT fk_rating_assignments_pair_id REFERENCES rating_pairs ON DELETE CASCADE,
        user_id uuid NOT NULL CONSTRAINT fk_rating_assignments_user_id REFERENCES users ON DELETE CASCADE,
        is_first_left boolean NOT NULL,
        served_at timestamptz NOT NULL DEFAULT now(),
        state text NOT NULL DEFAULT 'open'
          CONSTRAINT ck_rating_assignments_state CHECK (state IN ('open', 'voted', 'skipped')),
        CONSTRAINT pk_rating_assignments PRIMARY KEY (pair_id, user_id)
      )`);
    await db.query(`CREATE INDEX ix_rating_assignments_user_id ON rating_assignments (user_id)`);
    // An answer of a pair goes with it, as one of a message goes with the message.
    await db.query(`
      ALTER TABLE generations ADD COLUMN rating_pair_id uuid
        CONSTRAINT fk_generations_rating_pair_id REFERENCES rating_pairs ON DELETE CASCADE`);
    await db.query(
      `CREATE INDEX ix_generations_rating_pair_id ON generations (rating_pair_id) WHERE rating_pair_id IS NOT NULL`,
    );
    await forgetErasedPeople(db);
    await takeFeedbackOnPairs(db);
  }

  async down(db: QueryRunner): Promise<void> {
    // The older shape has no place for them.
    await db.query(`DELETE FROM feedback_events WHERE rating_pair_id IS NOT NULL`);
    await db.query(`
      ALTER TABLE feedback_events
        DROP CONSTRAINT ck_feedback_events_subject,
        DROP COLUMN rating_pair_id,
        ADD CONSTRAINT ck_feedback_events_subject CHECK (num_nonnulls(conversation_id, completion_id) = 1)`);
    await db.query(`
      ALTER TABLE current_feedback
        DROP COLUMN source,
        ADD COLUMN source text NOT NULL GENERATED ALWAYS AS
          (CASE WHEN conversation_id IS NULL THEN 'api' ELSE 'chat' END) STORED`);
    await db.query(`CREATE INDEX ix_current_feedback_api ON current_feedback ${newest} WHERE source = 'api'`);
    await db.query(`DROP TRIGGER tr_users_rating_pairs ON users`);
    await db.query(`DROP FUNCTION erase_rating_pairs_of_people`);
    await db.query(`DELETE FROM generations WHERE rating_pair_id IS NOT NULL`);
    await db.query(`ALTER TABLE generations DROP COLUMN rating_pair_id`);
    await db.query(`DROP TABLE rating_assignments`);
    await db.query(`DROP TABLE rating_pairs`);
    await db.query(`DROP TABLE rating_queues`);
  }
}

/** Prompts are somebody's words: they go with the account, whichever way that goes. */
async function forgetErasedPeople(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE FUNCTION erase_rating_pairs_of_people() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM rating_pairs WHERE people @> ARRAY[OLD.id];
      RETURN NULL;
    END $$`);
  await db.query(`
    CREATE TRIGGER tr_users_rating_pairs AFTER DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION erase_rating_pairs_of_people()`);
}

/** A third place that feedback is given in, beside conversations and the API. */
async function takeFeedbackOnPairs(db: QueryRunner): Promise<void> {
  await db.query(`
    ALTER TABLE feedback_events
      ADD COLUMN rating_pair_id uuid
        CONSTRAINT fk_feedback_events_rating_pair_id REFERENCES rating_pairs ON DELETE CASCADE,
      DROP CONSTRAINT ck_feedback_events_subject,
      ADD CONSTRAINT ck_feedback_events_subject
        CHECK (num_nonnulls(conversation_id, completion_id, rating_pair_id) = 1)`);
  await db.query(
    `CREATE INDEX ix_feedback_events_rating_pair_id ON feedback_events (rating_pair_id) WHERE rating_pair_id IS NOT NULL`,
  );
  // Two places could be told apart by the conversation; three are written down.
  await db.query(`
    ALTER TABLE current_feedback
      ALTER COLUMN source DROP EXPRESSION,
      ADD CONSTRAINT ck_current_feedback_source CHECK (source IN ('chat', 'api', 'queue'))`);
  await db.query(
    `CREATE INDEX ix_current_feedback_queue ON current_feedback ${newest} WHERE source = 'queue'`,
  );
}
