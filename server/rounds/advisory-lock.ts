import type { DataSource } from 'typeorm';

/**
 * Does something unless somebody does it already, on whatever server. Postgres lets the lock go with the connection, however that ends.
 *
 * @param name  of the lock
 * @returns whether it was free
 */
export async function withAdvisoryLock(
  db: DataSource,
  name: string,
  action: () => Promise<void>,
): Promise<boolean> {
  const runner = db.createQueryRunner();
  try {
    const [row] = (await runner.query(`SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken`, [
      name,
    ])) as [{ taken: boolean }];
    if (!row.taken) return false;
    try {
      await action();
    } finally {
      await runner.query(`SELECT pg_advisory_unlock(hashtextextended($1, 0))`, [name]);
    }
    return true;
  } finally {
    await runner.release();
  }
}
