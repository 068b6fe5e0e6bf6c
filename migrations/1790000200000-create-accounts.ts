import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAccounts1790000200000 implements MigrationInterface {
  readonly name = 'CreateAccounts1790000200000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE settings (
        key text CONSTRAINT pk_settings PRIMARY KEY,
        value jsonb NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);

    await db.query(`
      CREATE TABLE users (
        id uuid CONSTRAINT pk_users PRIMARY KEY,
        email text NOT NULL CONSTRAINT uq_users_email UNIQUE
          CONSTRAINT ck_users_email CHECK (email = lower(email)),
        name text NOT NULL,
        role text NOT NULL CONSTRAINT ck_users_role CHECK (role IN ('user', 'rater', 'admin')),
        locale text NOT NULL DEFAULT 'en' CONSTRAINT ck_users_locale CHECK (locale IN ('en', 'zh')),
        training_consent boolean NOT NULL DEFAULT false,
        disabled boolean NOT NULL DEFAULT false,
        password_hash text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);

    await db.query(`
      CREATE TABLE sessions (
        id uuid CONSTRAINT pk_sessions PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT fk_sessions_user_id REFERENCES users ON DELETE CASCADE,
        token_hash bytea NOT NULL CONSTRAINT uq_sessions_token_hash UNIQUE,
        expires_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query(`CREATE INDEX ix_sessions_user_id ON sessions (user_id)`);
    await db.query(`CREATE INDEX ix_sessions_expires_at ON sessions (expires_at)`);

    await db.query(`
      CREATE TABLE invites (
        id uuid CONSTRAINT pk_invites PRIMARY KEY,
        token_hash bytea NOT NULL CONSTRAINT uq_invites_token_hash UNIQUE,
        role text NOT NULL CONSTRAINT ck_invites_role CHECK (role IN ('user', 'rater', 'admin')),
        expires_at timestamptz NOT NULL,
        used_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);

    await db.query(`
      CREATE TABLE api_keys (
        id uuid CONSTRAINT pk_api_keys PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT fk_api_keys_user_id REFERENCES users ON DELETE CASCADE,
        name text NOT NULL,
        prefix text NOT NULL,
        key_hash bytea NOT NULL CONSTRAINT uq_api_keys_key_hash UNIQUE,
        last_used_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query(`CREATE INDEX ix_api_keys_user_id ON api_keys (user_id)`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE api_keys`);
    await db.query(`DROP TABLE invites`);
    await db.query(`DROP TABLE sessions`);
    await db.query(`DROP TABLE users`);
    await db.query(`DROP TABLE settings`);
  }
}
