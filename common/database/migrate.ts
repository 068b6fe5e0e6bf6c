import type { DataSource } from 'typeorm';

/** Any number, as long as everyone who migrates this database uses the same one. */
const advisoryLockKey = 4_210_937;

/**
 * Brings the database up to date; several processes may call it at once, and one of them does the work.
 *
 * @param dataSource  initialised
 * @returns names of the migrations that ran; empty when there was nothing to do
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  // The lock belongs to a connection, so it is held on one of its own while TypeORM migrates on another.
  const holder = dataSource.createQueryRunner();
  try {
    await holder.query('SELECT pg_advisory_lock($1)', [advisoryLockKey]);
    try {
      const ran = await dataSource.runMigrations();
      return ran.map((migration) => migration.name);
    } finally {
      await holder.query('SELECT pg_advisory_unlock($1)', [advisoryLockKey]);
    }
  } finally {
    await holder.release();
  }
}
