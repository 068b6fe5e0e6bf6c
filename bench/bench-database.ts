/** A Postgres for one bench, as the launcher starts it, with the tables and a year of feedback; gone when the bench has ended. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { startPostgres } from '../bin/launcher/postgres.js';
import { createDataSource } from '../common/database/data-source.js';
import { migrate } from '../common/database/migrate.js';
import { fillFeedback } from './feedback-data.js';

/** What the year holds. */
export const feedbackYear = {
  people: 500,
  conversations: 100_000,
  versions: 20,
  events: 1_000_000,
  battles: 100_000,
};

export async function withFeedbackYear<T>(
  say: (line: string) => void,
  action: (db: DataSource) => Promise<T>,
): Promise<T> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'attune-bench-'));
  // Postgres may run as another user.
  chmodSync(dataDir, 0o755);
  const postgres = await startPostgres({ dataDir, isDurable: false });
  const db = await createDataSource(postgres.url).initialize();
  try {
    await migrate(db);
    await fillFeedback(db, feedbackYear, say);
    return await action(db);
  } finally {
    await db.destroy();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
