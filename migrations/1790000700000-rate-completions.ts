import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RateCompletions1790000700000 implements MigrationInterface {
  readonly name = 'RateCompletions1790000700000';

  async up(db: QueryRunner): Promise<void> {
    // An event is about a conversation's answers or about a completion's, and goes with what it is about.
    await db.query(`
      ALTER TABLE feedback_events
        ALTER COLUMN conversation_id DROP NOT NULL,
        ADD COLUMN completion_id text
          CONSTRAINT fk_feedback_events_completion_id REFERENCES completions ON DELETE CASCADE,
        ADD CONSTRAINT ck_feedback_events_subject CHECK (num_nonnulls(conversation_id, completion_id) = 1)`);
    await db.query(
      `CREATE INDEX ix_feedback_events_completion_id ON feedback_events (completion_id) WHERE completion_id IS NOT NULL`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    // The older shape has no place for them.
    await db.query(`DELETE FROM feedback_events WHERE completion_id IS NOT NULL`);
    await db.query(`
      ALTER TABLE feedback_events
        DROP CONSTRAINT ck_feedback_events_subject,
        DROP COLUMN completion_id,
        ALTER COLUMN conversation_id SET NOT NULL`);
  }
}
