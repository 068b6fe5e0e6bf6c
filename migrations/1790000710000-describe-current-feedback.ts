import type { MigrationInterface, QueryRunner } from 'typeorm';

export class DescribeCurrentFeedback1790000710000 implements MigrationInterface {
  readonly name = 'DescribeCurrentFeedback1790000710000';

  async up(db: QueryRunner): Promise<void> {
    // What is asked of feedback, in columns: a million events of JSON cannot be opened for every page.
    await db.query(`
      ALTER TABLE current_feedback
        ADD COLUMN sequence bigint,
        ADD COLUMN created_at timestamptz,
        ADD COLUMN owner_id uuid,
        ADD COLUMN conversation_id uuid,
        ADD COLUMN verdict text,
        ADD COLUMN tags text[],
        ADD COLUMN script text CONSTRAINT ck_current_feedback_script CHECK (script IN ('latin', 'cjk', 'other')),
        ADD COLUMN answer_version_ids uuid[],
        ADD COLUMN log_length_ratio real,
        ADD COLUMN is_excluded boolean NOT NULL DEFAULT false`);
    await describePresent(db);
    await db.query(`
      ALTER TABLE current_feedback
        ALTER COLUMN sequence SET NOT NULL,
        ALTER COLUMN created_at SET NOT NULL,
        ALTER COLUMN owner_id SET NOT NULL,
        ALTER COLUMN tags SET NOT NULL,
        ALTER COLUMN script SET NOT NULL,
        ALTER COLUMN answer_version_ids SET NOT NULL`);

    await db.query(`CREATE INDEX ix_current_feedback_sequence ON current_feedback (sequence)`);
    await db.query(
      `CREATE INDEX ix_current_feedback_user_id_sequence ON current_feedback (user_id, sequence)`,
    );
    await db.query(`CREATE INDEX ix_current_feedback_created_at ON current_feedback (created_at)`);
    await db.query(`CREATE INDEX ix_current_feedback_tags ON current_feedback USING gin (tags)`);
    await db.query(
      `CREATE INDEX ix_current_feedback_answer_version_ids ON current_feedback USING gin (answer_version_ids)`,
    );
    await db.query(
      `CREATE INDEX ix_current_feedback_is_excluded ON current_feedback (sequence) WHERE is_excluded`,
    );
    // Consent is read where it is given; few conversations say otherwise than their account.
    await db.query(
      `CREATE INDEX ix_conversations_training_consent ON conversations (id, training_consent)
       WHERE training_consent IS NOT NULL`,
    );

    // Append-only as the events are: what an admin took out, or took back in, and why.
    await db.query(`
      CREATE TABLE feedback_exclusions (
        id uuid CONSTRAINT pk_feedback_exclusions PRIMARY KEY,
        sequence bigint GENERATED ALWAYS AS IDENTITY,
        event_id uuid NOT NULL
          CONSTRAINT fk_feedback_exclusions_event_id REFERENCES feedback_events ON DELETE CASCADE,
        admin_id uuid CONSTRAINT fk_feedback_exclusions_admin_id REFERENCES users ON DELETE SET NULL,
        is_excluded boolean NOT NULL,
        reason text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query(`CREATE INDEX ix_feedback_exclusions_event_id ON feedback_exclusions (event_id)`);
    await db.query(`CREATE INDEX ix_feedback_exclusions_admin_id ON feedback_exclusions (admin_id)`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE feedback_exclusions`);
    await db.query(`DROP INDEX ix_conversations_training_consent`);
    await db.query(`
      ALTER TABLE current_feedback
        DROP COLUMN sequence, DROP COLUMN created_at, DROP COLUMN owner_id, DROP COLUMN conversation_id,
        DROP COLUMN verdict, DROP COLUMN tags, DROP COLUMN script, DROP COLUMN answer_version_ids,
        DROP COLUMN log_length_ratio, DROP COLUMN is_excluded`);
  }
}

/** The columns of what was said before they were there. */
async function describePresent(db: QueryRunner): Promise<void> {
  await db.query(`
    UPDATE current_feedback f SET
      sequence = e.sequence,
      created_at = e.created_at,
      owner_id = coalesce(conversation.user_id, completion.user_id),
      conversation_id = e.conversation_id,
      verdict = coalesce(e.payload->>'value', e.payload->>'outcome'),
      tags = ARRAY(SELECT jsonb_array_elements_text(e.payload->'tags')),
      script = CASE
        WHEN prompt.content ~ '[\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7af]' THEN 'cjk'
        WHEN prompt.content ~ '[A-Za-z\\u00c0-\\u024f]' THEN 'latin'
        ELSE 'other' END,
      answer_version_ids = ARRAY(
        SELECT (answer->'provenance'->>'modelVersionId')::uuid
        FROM jsonb_array_elements(e.messages) WITH ORDINALITY AS listed (answer, place)
        WHERE answer->'provenance'->>'modelVersionId' IS NOT NULL
        ORDER BY answer->>'role' <> 'left', place)
    FROM feedback_events e
      LEFT JOIN conversations conversation ON conversation.id = e.conversation_id
      LEFT JOIN completions completion ON completion.id = e.completion_id
      LEFT JOIN messages answered ON answered.id = (e.messages->0->>'messageId')::uuid
      LEFT JOIN messages prompt ON prompt.id = answered.parent_id
    WHERE e.id = f.event_id`);
  await db.query(`
    UPDATE current_feedback f SET log_length_ratio = ln(greatest(length(left_answer.content), 1)::real / greatest(length(right_answer.content), 1))
    FROM feedback_events e, messages left_answer, messages right_answer
    WHERE e.id = f.event_id AND f.verdict IN ('left', 'right', 'tie', 'both_bad')
      AND left_answer.id = (jsonb_path_query_first(e.messages, '$[*] ? (@.role == "left").messageId')->>0)::uuid
      AND right_answer.id = (jsonb_path_query_first(e.messages, '$[*] ? (@.role == "right").messageId')->>0)::uuid`);
}
