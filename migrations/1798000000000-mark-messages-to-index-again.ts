import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Search finds messages by words that are split another way than before. The server makes them (server/chat/search-text.ts), so that what was
 * indexed is only marked here; until the server has been there it is found as it was.
 */
export class MarkMessagesToIndexAgain1798000000000 implements MigrationInterface {
  readonly name = 'MarkMessagesToIndexAgain1798000000000';

  async up(db: QueryRunner): Promise<void> {
    // A default marks all there are without writing any; those to come are indexed as they are written.
    await db.query(`ALTER TABLE messages ADD COLUMN search_outdated boolean NOT NULL DEFAULT true`);
    await db.query(`ALTER TABLE messages ALTER COLUMN search_outdated SET DEFAULT false`);
    await db.query(`CREATE INDEX ix_messages_search_outdated ON messages (id) WHERE search_outdated`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE messages DROP COLUMN search_outdated`);
  }
}
