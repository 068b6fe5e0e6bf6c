import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataSource, QueryRunner } from 'typeorm';
import { createDataSource } from '../../common/database/data-source.js';
import { unhurried } from '../../common/database/unhurried.js';
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

describe('a transaction', () => {
  const listValues = async () => (await connection.query('SELECT value FROM kept ORDER BY value')) as unknown;

  beforeAll(() => connection.query('CREATE TABLE kept (value int PRIMARY KEY)'));

  it('begins with its first statement, and holds what comes after', async () => {
    await connection.startTransaction();
    await connection.query('INSERT INTO kept VALUES ($1)', [1]);
    await connection.query('INSERT INTO kept VALUES ($1)', [2]);
    await connection.rollbackTransaction();
    expect(await listValues()).toEqual([]);
    await connection.startTransaction();
    await connection.query('INSERT INTO kept VALUES (3)');
    await connection.commitTransaction();
    expect(await listValues()).toEqual([{ value: 3 }]);
  });

  it('may be empty', async () => {
    await connection.startTransaction();
    await connection.commitTransaction();
    await connection.startTransaction();
    await connection.rollbackTransaction();
    await expect(connection.query('SAVEPOINT outside')).rejects.toThrow('transaction block');
  });

  it('has one moment for all that it reads, where it asks for that', async () => {
    await connection.startTransaction('REPEATABLE READ');
    expect(await connection.query('SHOW transaction_isolation')).toEqual([
      { transaction_isolation: 'repeatable read' },
    ]);
    await connection.commitTransaction();
  });

  it('takes statements that are sent without waiting in their order, and none after one that failed', async () => {
    const insert = (value: number) => connection.query('INSERT INTO kept VALUES ($1)', [value]);
    await connection.startTransaction();
    await Promise.all([insert(4), connection.query('UPDATE kept SET value = value + 10'), insert(4)]);
    await connection.commitTransaction();
    expect(await listValues()).toEqual([{ value: 4 }, { value: 13 }, { value: 14 }]);
    await connection.startTransaction();
    const outcomes = await Promise.allSettled([insert(5), insert(4), insert(6)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await connection.rollbackTransaction();
    expect(await listValues()).toEqual([{ value: 4 }, { value: 13 }, { value: 14 }]);
  });

  it('need not wait for the disk, which counts for it alone', async () => {
    const waits = async () => (await connection.query('SHOW synchronous_commit')) as unknown;
    await connection.query('SET synchronous_commit = on');
    await connection.startTransaction();
    await connection.query(`WITH ${unhurried} INSERT INTO kept SELECT 20 FROM unhurried`);
    expect(await waits()).toEqual([{ synchronous_commit: 'off' }]);
    await connection.commitTransaction();
    expect(await waits()).toEqual([{ synchronous_commit: 'on' }]);
  });
});
