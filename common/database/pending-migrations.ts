import { Client, DatabaseError } from 'pg';
import { migrations } from '../../migrations/index.js';

const undefinedTable = '42P01';

/**
 * Asks without TypeORM, which takes longer to load than Postgres to start.
 *
 * @param url  Postgres connection string
 * @returns names of the migrations that this database has not had, in their order
 */
export async function listPendingMigrations(url: string): Promise<string[]> {
  const names = migrations.map(({ name }) => name);
  const client = new Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations');
    const done = new Set(rows.map(({ name }) => name));
    return names.filter((name) => !done.has(name));
  } catch (error) {
    if (error instanceof DatabaseError && error.code === undefinedTable) return names;
    throw error;
  } finally {
    await client.end();
  }
}
