import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Queue, QueueEvents, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endProcess, findProcess } from '../../bin/launcher/processes.js';
import { startPostgres } from '../../bin/launcher/postgres.js';
import { findInstalledRedis, startRedis } from '../../bin/launcher/redis.js';
import { createDataSource } from '../../common/database/data-source.js';
import { createTestDatabase, createTestRedis } from '../support/services.js';

const installed = await findInstalledRedis();
let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'attune-services-'));
  chmodSync(dataDir, 0o755);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dataDir, { recursive: true, force: true });
});

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

  it('is reached without TLS, which it has not, whatever the environment wants of others', async () => {
    vi.stubEnv('PGSSLMODE', 'require');
    const postgres = await startPostgres({ dataDir, isDurable: false });
    const database = await createDataSource(postgres.url, { poolSize: 1 }).initialize();
    expect(await database.query('SELECT current_database() AS name')).toEqual([{ name: 'attune' }]);
    await database.destroy();
    await postgres.stop();
  });

  it('refuses a wrong password, and keeps the right one to its owner', async () => {
    const postgres = await startPostgres({ dataDir });
    const wrong = new URL(postgres.url);
    wrong.password = 'a-wrong-password';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(path.join(dataDir, 'postgres.json')).mode & 0o777).toBe(0o600);
    await postgres.stop();
  });

  it('refuses a database whose password is gone, and loses nothing of it', async () => {
    const [secrets, away] = [path.join(dataDir, 'postgres.json'), path.join(dataDir, 'away.json')];
    const postgres = await startPostgres({ dataDir });
    await postgres.stop();
    renameSync(secrets, away);
    await expect(startPostgres({ dataDir })).rejects.toThrow(/postgres\.json is gone/);
    writeFileSync(secrets, '');
    await expect(startPostgres({ dataDir })).rejects.toThrow(/postgres\.json cannot be read/);
    renameSync(away, secrets);
    const again = await startPostgres({ dataDir });
    expect(again.url).toBe(postgres.url);
    await again.stop();
  });

  it('refuses a database whose password is another at once, and stops it', async () => {
    const secrets = path.join(dataDir, 'postgres.json');
    const postgres = await startPostgres({ dataDir });
    await postgres.stop();
    const right = readFileSync(secrets, 'utf8');
    writeFileSync(secrets, JSON.stringify({ ...(JSON.parse(right) as object), password: 'x'.repeat(32) }));
    await expect(startPostgres({ dataDir })).rejects.toThrow(
      /does not take the password of .*postgres\.json/,
    );
    expect(existsSync(path.join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
    writeFileSync(secrets, right);
    const again = await startPostgres({ dataDir });
    await again.stop();
  });
});

/** Only root's Postgres runs as somebody else, who may not reach what root can. */
describe.skipIf(process.getuid?.() !== 0)(
  'our own Postgres, below a folder that is closed to its user',
  () => {
    let closed: string;
    const places = new Set<string>();
    beforeEach(() => mkdirSync((closed = path.join(dataDir, 'closed')), { mode: 0o700 }));
    afterEach(() => {
      for (const place of places) rmSync(path.dirname(place), { recursive: true, force: true });
      places.clear();
    });

    const secretsOf = (folder: string) => path.join(folder, 'postgres.json');
    const placeOf = (folder: string) => path.resolve(folder, String(readJson(secretsOf(folder)).folder));
    /** Starts, does one thing, stops. */
    async function visit(folder: string, statement: string): Promise<object[]> {
      const postgres = await startPostgres({ dataDir: folder, isDurable: false });
      places.add(placeOf(folder));
      return query(postgres.url, statement).finally(() => postgres.stop());
    }
    const make = (folder: string) => visit(folder, 'CREATE TABLE kept AS SELECT 1 AS value');
    const look = (folder: string) => visit(folder, 'SELECT value FROM kept');

    it('finds its data again when the data folder was moved, and when it was opened', async () => {
      const [first, second] = [path.join(closed, 'first'), path.join(closed, 'second')];
      await make(first);
      renameSync(first, second);
      expect(await look(second)).toEqual([{ value: 1 }]);
      chmodSync(closed, 0o755);
      expect(await look(second)).toEqual([{ value: 1 }]);
    });

    it('finds its data again where an earlier Attune kept no word of their place', async () => {
      const folder = path.join(closed, 'data');
      await make(folder);
      const { password, port } = readJson(secretsOf(folder));
      writeFileSync(secretsOf(folder), JSON.stringify({ password, port }));
      expect(await look(folder)).toEqual([{ value: 1 }]);
    });

    it('refuses to begin anew when its data are gone, or out of reach', async () => {
      const folder = path.join(closed, 'data');
      await make(folder);
      renameSync(placeOf(folder), `${placeOf(folder)}.away`);
      await expect(look(folder)).rejects.toMatchObject({ code: 'LAUNCHER_POSTGRES_LOST' });

      const open = path.join(dataDir, 'open');
      await make(open);
      chmodSync(open, 0o700);
      await expect(look(open)).rejects.toThrow(/can no longer reach/);
    });

    it('begins in folders that its user can reach, whatever the umask', async () => {
      const umask = process.umask(0o077);
      try {
        const open = path.join(dataDir, 'open');
        await make(open);
        expect(placeOf(open)).toBe(path.join(open, 'postgres'));
        const folder = path.join(closed, 'data');
        await make(folder);
        expect(placeOf(folder)).toMatch(/^\/var\/lib\/attune\//);
        expect(await look(folder)).toEqual([{ value: 1 }]);
      } finally {
        process.umask(umask);
      }
    });

    it('begins anew where the data folder was removed or moved away, and leaves the old database', async () => {
      const [folder, away] = [path.join(closed, 'data'), path.join(closed, 'away')];
      await make(folder);
      const removed = placeOf(folder);
      rmSync(folder, { recursive: true });
      await make(folder);
      renameSync(folder, away);
      const postgres = await startPostgres({ dataDir: folder, isDurable: false });
      await postgres.stop();
      places.add(placeOf(folder));
      for (const earlier of [removed, placeOf(away)]) {
        expect(existsSync(earlier)).toBe(true);
        expect(postgres.notes.join()).toContain(earlier);
      }
      await make(folder);
      expect(await look(away)).toEqual([{ value: 1 }]);
      expect(new Set([removed, placeOf(away), placeOf(folder)]).size).toBe(3);
    });

    it('leaves the database alone when its data folder was copied', async () => {
      const [original, copy] = [path.join(closed, 'original'), path.join(closed, 'copy')];
      await make(original);
      cpSync(original, copy, { recursive: true });
      await expect(look(copy)).rejects.toThrow(/seems to be a copy/);
      rmSync(secretsOf(copy));
      await make(copy);
      expect(placeOf(copy)).not.toBe(placeOf(original));
    });
  },
);

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

function readJson(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}
