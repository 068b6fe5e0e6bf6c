import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateFeedback1790000500000 implements MigrationInterface {
  readonly name = 'CreateFeedback1790000500000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE comparisons (
        id uuid CONSTRAINT pk_comparisons PRIMARY KEY,
        conversation_id uuid NOT NULL
          CONSTRAINT fk_comparisons_conversation_id REFERENCES conversations ON DELETE CASCADE,
        parent_id uuid NOT NULL CONSTRAINT fk_comparisons_parent_id REFERENCES messages ON DELETE CASCADE,
        left_id uuid NOT NULL CONSTRAINT fk_comparisons_left_id REFERENCES messages ON DELETE CASCADE,
        right_id uuid NOT NULL CONSTRAINT fk_comparisons_right_id REFERENCES messages ON DELETE CASCADE,
        origin text NOT NULL CONSTRAINT ck_comparisons_origin CHECK (origin IN ('user', 'server')),
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_comparisons_sides CHECK (left_id <> right_id)
      )`);
    for (const column of ['conversation_id', 'parent_id', 'left_id', 'right_id'])
      await db.query(`CREATE INDEX ix_comparisons_${column} ON comparisons (${column})`);

    // Append-only: a change of mind is another row. Only erasing the person or the conversation removes one.
    await db.query(`
      CREATE TABLE feedback_events (
        id uuid CONSTRAINT pk_feedback_events PRIMARY KEY,
        sequence bigint GENERATED ALWAYS AS IDENTITY,
        user_id uuid NOT NULL CONSTRAINT fk_feedback_events_user_id REFERENCES users ON DELETE CASCADE,
        kind text NOT NULL CONSTRAINT ck_feedback_events_kind
          CHECK (kind IN ('thumb', 'comparison', 'pick', 'edit')),
        subject_id uuid NOT NULL,
        conversation_id uuid NOT NULL
          CONSTRAINT fk_feedback_events_conversation_id REFERENCES conversations ON DELETE CASCADE,
        payload jsonb NOT NULL,
        messages jsonb NOT NULL,
        duration_ms int,
        guideline_version int NOT NULL,
        client_version text,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query(`CREATE INDEX ix_feedback_events_user_id_sequence ON feedback_events (user_id, sequence)`);
    await db.query(`CREATE INDEX ix_feedback_events_conversation_id ON feedback_events (conversation_id)`);

    // What counts now: derived from the events, kept beside them because a million of them cannot be sorted for every page.
    await db.query(`
      CREATE TABLE current_feedback (
        user_id uuid NOT NULL CONSTRAINT fk_current_feedback_user_id REFERENCES users ON DELETE CASCADE,
        kind text NOT NULL,
        subject_id uuid NOT NULL,
        event_id uuid NOT NULL
          CONSTRAINT fk_current_feedback_event_id REFERENCES feedback_events ON DELETE CASCADE
          CONSTRAINT uq_current_feedback_event_id UNIQUE,
        is_withdrawn boolean NOT NULL,
        CONSTRAINT pk_current_feedback PRIMARY KEY (user_id, kind, subject_id)
      )`);
    await db.query(
      `CREATE INDEX ix_current_feedback_subject_id ON current_feedback (subject_id) WHERE NOT is_withdrawn`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE current_feedback`);
    await db.query(`DROP TABLE feedback_events`);
    await db.query(`DROP TABLE comparisons`);
  }
}
