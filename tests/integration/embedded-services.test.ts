import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Queue, QueueEvents, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endProcess, findProcess } from '../../bin/launcher/processes.js';
import { startPostgres } from '../../bin/launcher/postgres.js';
import { findInstalledRedis, startRedis } from '../../bin/launcher/redis.js';
import { createTestDatabase, createTestRedis } from '../support/services.js';

const installed = await findInstalledRedis();
let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'attune-services-'));
  chmodSync(dataDir, 0o755);
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

async function query<Row extends object>(url: string, statement: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

describe('our own Postgres', () => {
  it('keeps what was written when it is killed, and when it is stopped', async () => {
    const first = await startPostgres({ dataDir });
    await query(first.url, 'CREATE TABLE kept (value int); INSERT INTO kept VALUES (1)');
    await endProcess(first.pid, ['SIGKILL']);
    await first.exited;

    const second = await startPostgres({ dataDir });
    expect(second.url).toBe(first.url);
    await query(second.url, 'INSERT INTO kept VALUES (2)');
    await second.stop();

    const third = await startPostgres({ dataDir });
    expect(await query(third.url, 'SELECT value FROM kept ORDER BY 1')).toEqual([{ value: 1 }, { value: 2 }]);
    await third.stop();
    expect(findProcess(third.pid)).toBeNull();
  });

  it('takes the place of a server that its guard left behind', async () => {
    const first = await startPostgres({ dataDir });
    await endProcess(parentOf(first.pid), ['SIGKILL']);
    expect(findProcess(first.pid)).not.toBeNull();

    const second = await startPostgres({ dataDir });
    expect(findProcess(first.pid)).toBeNull();
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.stop();
  });

  it('refuses a wrong password, and keeps the right one to its owner', async () => {
    const postgres = await startPostgres({ dataDir });
    const wrong = new URL(postgres.url);
    wrong.password = 'a-wrong-password';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(path.join(dataDir, 'postgres.json')).mode & 0o777).toBe(0o600);
    await postgres.stop();
  });
});

describe.each([
  { name: 'an installed Redis', isEmbeddedOnly: false },
  { name: 'js-redis-server', isEmbeddedOnly: true },
])('$name', ({ isEmbeddedOnly }) => {
  it.skipIf(!isEmbeddedOnly && !installed)('runs a job and tells of its end', async () => {
    const redis = await startRedis({ dataDir, isEmbeddedOnly });
    expect(redis.kind === 'embedded').toBe(isEmbeddedOnly);
    const connection = { url: redis.url, maxRetriesPerRequest: null };
    const queue = new Queue('sums', { connection });
    const events = new QueueEvents('sums', { connection });
    const worker = new Worker<number[]>('sums', (job) => Promise.resolve(job.data.reduce((a, b) => a + b)), {
      connection,
    });
    await events.waitUntilReady();
    const job = await queue.add('sum', [1, 2, 3]);
    expect(await job.waitUntilFinished(events)).toBe(6);
    await Promise.all([worker.close(), events.close(), queue.close()]);
    await redis.stop();
    expect(findProcess(redis.pid)).toBeNull();
  });

  it.skipIf(!isEmbeddedOnly && !installed)('refuses clients without its password', async () => {
    const redis = await startRedis({ dataDir, isEmbeddedOnly });
    const url = new URL(redis.url);
    url.password = '';
    const stranger = new Redis(url.href, { retryStrategy: () => null, enableReadyCheck: false });
    await expect(stranger.get('key')).rejects.toThrow(/NOAUTH/);
    stranger.disconnect();
    await redis.stop();
  });
});

describe('what tests get', () => {
  it('is a migrated database and an empty Redis of their own', async () => {
    await using database = await createTestDatabase();
    await using other = await createTestDatabase();
    await query(database.url, `CREATE TABLE mine ()`);
    await expect(query(other.url, 'SELECT FROM mine')).rejects.toMatchObject({ code: '42P01' });
    expect(await query(other.url, 'SELECT FROM generations')).toEqual([]);

    await using redis = await createTestRedis();
    await using otherRedis = await createTestRedis();
    const [mine, theirs] = [new Redis(redis.url), new Redis(otherRedis.url)];
    const key = randomUUID();
    await mine.set(key, 'here');
    expect(await theirs.get(key)).toBeNull();
    mine.disconnect();
    theirs.disconnect();
  });
});

function parentOf(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }));
}
