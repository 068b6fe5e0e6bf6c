/** A database and a Redis of one's own for a test file; the servers behind them come from global-setup.ts. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { inject } from 'vitest';
import { startPostgres } from '../../bin/launcher/postgres.js';
import { startRedis, type RunningRedis } from '../../bin/launcher/redis.js';
import { createDataSource } from '../../common/database/data-source.js';
import { migrate } from '../../common/database/migrate.js';
import type {} from './global-setup.js';

export interface TestDatabase extends AsyncDisposable {
  /** Connection string of an empty, migrated database. */
  url: string;
  drop(): Promise<void>;
}

export interface TestRedis extends AsyncDisposable {
  /** An empty logical database that nobody else uses; channels of publications are shared with other tests of the file all the same. */
  url: string;
  release(): Promise<void>;
}

/** A migrated database of one's own: `await using database = await createTestDatabase()`, or `drop()` it at the end. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { postgresUrl, template } = inject('services');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await runAsAdmin(postgresUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(postgresUrl);
  url.pathname = name;
  const drop = () => runAsAdmin(postgresUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  return { url: url.href, drop, [Symbol.asyncDispose]: drop };
}

/** A Postgres process of one's own, migrated, which may be away for a while; it is gone with all its data on `drop`. */
export async function startOwnPostgres(): Promise<TestDatabase & { restart(awayMs: number): Promise<void> }> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'attune-postgres-'));
  // Postgres may run as another user.
  chmodSync(dataDir, 0o755);
  const start = () => startPostgres({ dataDir, isDurable: false });
  let postgres = await start();
  const { url } = postgres;
  const db = await createDataSource(url, { poolSize: 2 }).initialize();
  await migrate(db);
  await db.destroy();
  const drop = async () => {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return {
    url,
    drop,
    async restart(awayMs) {
      await postgres.stop();
      await delay(awayMs);
      postgres = await start();
      // Another program may have taken the port meanwhile.
      if (postgres.url !== url) throw new Error('Postgres is back at another address.');
    },
    [Symbol.asyncDispose]: drop,
  };
}

/** A logical database of the test process's Redis; a test that breaks its Redis takes `startOwnRedis` instead. */
export async function createTestRedis(): Promise<TestRedis> {
  const redisUrl = inject('services').redisUrls[Number(process.env.VITEST_POOL_ID) - 1] ?? '';
  const admin = new Redis(redisUrl);
  const lock = (index: number) => `attune-test:database:${index}`;
  for (let index = 1; index < 16; index++) {
    if ((await admin.set(lock(index), '1', 'NX')) !== 'OK') continue;
    const url = `${redisUrl}/${index}`;
    await flush(url);
    const release = async () => {
      await flush(url);
      await admin.del(lock(index));
      admin.disconnect();
    };
    return { url, release, [Symbol.asyncDispose]: release };
  }
  admin.disconnect();
  throw new Error('All 15 logical databases are in use: a test did not release its own.');
}

/** A Redis process of one's own, which may be killed; stops, and loses everything, on disposal. */
export async function startOwnRedis(
  options: { isEmbeddedOnly?: boolean } = {},
): Promise<RunningRedis & AsyncDisposable> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'attune-redis-'));
  const redis = await startRedis({
    dataDir,
    isDurable: false,
    isEmbeddedOnly: process.env.ATTUNE_TEST_REDIS === 'embedded',
    ...options,
  });
  const stop = async () => {
    await redis.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { ...redis, stop, [Symbol.asyncDispose]: stop };
}

async function runAsAdmin(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function flush(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushdb();
  redis.disconnect();
}
