import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataSource, QueryRunner } from 'typeorm';
import { createDataSource } from '../../common/database/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';

let database: TestDatabase;
let db: DataSource;
let connection: QueryRunner;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await createDataSource(database.url, { poolSize: 1 }).initialize();
  connection = db.createQueryRunner();
});
afterAll(async () => {
  await connection.release();
  await db.destroy();
  await database.drop();
});

/** How often each statement that begins so was run since it was prepared on this connection. */
async function listPrepared(beginning: string): Promise<number[]> {
  const rows = await connection.manager.query<{ runs: string }[]>(
    `SELECT generic_plans + custom_plans AS runs FROM pg_prepared_statements WHERE starts_with(statement, '${beginning}')`,
  );
  return rows.map(({ runs }) => Number(runs));
}

describe('statements with values', () => {
  it('are prepared once for a connection, whatever their values', async () => {
    for (const value of ['one', null, 'three'])
      expect(await connection.query('SELECT $1::text AS kept', [value])).toEqual([{ kept: value }]);
    expect(await listPrepared('SELECT $1::text AS kept')).toEqual([3]);
  });

  it('are not when they have none', async () => {
    await connection.query(`SELECT 'plain'`);
    expect(await listPrepared(`SELECT ''plain''`)).toEqual([]);
  });

  it('can be used again after one of them failed', async () => {
    const divide = (by: number) => connection.query('SELECT 6 / $1::int AS share', [by]);
    await expect(divide(0)).rejects.toThrow('division by zero');
    expect(await divide(3)).toEqual([{ share: 2 }]);
  });

  it('go unprepared where there are more kinds of them than a connection should keep', async () => {
    for (let kind = 0; kind < 600; kind++)
      expect(await connection.query(`SELECT $1::int + ${kind} AS sum`, [1])).toEqual([{ sum: kind + 1 }]);
    const prepared = await listPrepared('SELECT $1::int + ');
    expect(prepared.length).toBeGreaterThan(400);
    expect(prepared.length).toBeLessThan(500);
  });
});
