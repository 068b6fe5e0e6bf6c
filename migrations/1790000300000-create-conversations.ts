import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateConversations1790000300000 implements MigrationInterface {
  readonly name = 'CreateConversations1790000300000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE folders (
        id uuid CONSTRAINT pk_folders PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT fk_folders_user_id REFERENCES users ON DELETE CASCADE,
        name text NOT NULL,
        position int NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query(`CREATE INDEX ix_folders_user_id ON folders (user_id)`);

    await db.query(`
      CREATE TABLE conversations (
        id uuid CONSTRAINT pk_conversations PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT fk_conversations_user_id REFERENCES users ON DELETE CASCADE,
        folder_id uuid CONSTRAINT fk_conversations_folder_id REFERENCES folders ON DELETE SET NULL,
        title text NOT NULL DEFAULT '',
        title_source text NOT NULL DEFAULT 'none' CONSTRAINT ck_conversations_title_source
          CHECK (title_source IN ('none', 'words', 'model', 'person')),
        pinned boolean NOT NULL DEFAULT false,
        system_prompt text NOT NULL DEFAULT '',
        parameters jsonb NOT NULL,
        training_consent boolean,
        leaf_id uuid,
        draft text NOT NULL DEFAULT '',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query(`CREATE INDEX ix_conversations_user_id_updated_at ON conversations (user_id, updated_at)`);
    await db.query(`CREATE INDEX ix_conversations_folder_id ON conversations (folder_id)`);
    await db.query(
      `CREATE INDEX ix_conversations_untitled ON conversations (updated_at) WHERE title_source = 'words'`,
    );

    // The parent's key has no cascade: Postgres would nest one call per level, and a conversation can be thousands deep. A subtree is
    // deleted by one statement, after which the check finds nothing amiss. It names the parent's id alone: with the conversation's as well,
    // Postgres, before it has statistics, checks each message by reading all of its conversation.
    await db.query(`
      CREATE TABLE messages (
        id uuid CONSTRAINT pk_messages PRIMARY KEY,
        conversation_id uuid NOT NULL
          CONSTRAINT fk_messages_conversation_id REFERENCES conversations ON DELETE CASCADE,
        parent_id uuid CONSTRAINT fk_messages_parent_id REFERENCES messages,
        sequence bigint GENERATED ALWAYS AS IDENTITY,
        role text NOT NULL CONSTRAINT ck_messages_role CHECK (role IN ('user', 'assistant')),
        content text NOT NULL,
        status text NOT NULL CONSTRAINT ck_messages_status CHECK (status IN ('queued', 'complete', 'stopped', 'failed')),
        edited_from_id uuid CONSTRAINT fk_messages_edited_from_id REFERENCES messages ON DELETE SET NULL,
        generation_id uuid CONSTRAINT uq_messages_generation_id UNIQUE,
        imported_generation jsonb,
        search tsvector,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_messages_parent_id CHECK (parent_id <> id)
      )`);
    await db.query(
      `CREATE INDEX ix_messages_conversation_id_sequence ON messages (conversation_id, sequence)`,
    );
    await db.query(`CREATE INDEX ix_messages_parent_id ON messages (parent_id)`);
    await db.query(
      `CREATE INDEX ix_messages_edited_from_id ON messages (edited_from_id) WHERE edited_from_id IS NOT NULL`,
    );
    await db.query(`CREATE INDEX ix_messages_queued ON messages (generation_id) WHERE status = 'queued'`);
    await db.query(`CREATE INDEX ix_messages_search ON messages USING gin (search)`);
    await db.query(`
      ALTER TABLE conversations ADD CONSTRAINT fk_conversations_leaf_id
        FOREIGN KEY (leaf_id) REFERENCES messages ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED`);
    await db.query(
      `CREATE INDEX ix_conversations_leaf_id ON conversations (leaf_id) WHERE leaf_id IS NOT NULL`,
    );

    await db.query(`
      CREATE TABLE shares (
        id uuid CONSTRAINT pk_shares PRIMARY KEY,
        conversation_id uuid NOT NULL
          CONSTRAINT fk_shares_conversation_id REFERENCES conversations ON DELETE CASCADE,
        token_hash bytea NOT NULL CONSTRAINT uq_shares_token_hash UNIQUE,
        snapshot jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query(`CREATE INDEX ix_shares_conversation_id ON shares (conversation_id)`);

    // Who a generation is for, and what it belongs to: erasing either erases what was asked and said.
    await db.query(`
      ALTER TABLE generations
        ADD COLUMN user_id uuid CONSTRAINT fk_generations_user_id REFERENCES users ON DELETE CASCADE,
        ADD COLUMN message_id uuid CONSTRAINT fk_generations_message_id REFERENCES messages ON DELETE CASCADE,
        ADD COLUMN conversation_id uuid
          CONSTRAINT fk_generations_conversation_id REFERENCES conversations ON DELETE CASCADE,
        ADD COLUMN job_id uuid NOT NULL DEFAULT gen_random_uuid(),
        ADD COLUMN restarts int NOT NULL DEFAULT 0`);
    await db.query(`CREATE INDEX ix_generations_user_id ON generations (user_id)`);
    await db.query(`CREATE INDEX ix_generations_message_id ON generations (message_id)`);
    await db.query(`CREATE INDEX ix_generations_conversation_id ON generations (conversation_id)`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE generations
        DROP COLUMN user_id, DROP COLUMN message_id, DROP COLUMN conversation_id, DROP COLUMN job_id, DROP COLUMN restarts`);
    await db.query(`DROP TABLE shares`);
    await db.query(`ALTER TABLE conversations DROP CONSTRAINT fk_conversations_leaf_id`);
    await db.query(`DROP TABLE messages`);
    await db.query(`DROP TABLE conversations`);
    await db.query(`DROP TABLE folders`);
  }
}
