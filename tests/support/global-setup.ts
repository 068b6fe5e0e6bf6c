/**
 * Before the tests that talk to real services: builds the programs, starts one Postgres and one Redis for the run, and migrates a template
 * database that every test's own one is copied from.
 *
 * `ATTUNE_TEST_REDIS=embedded` takes js-redis-server even where a real Redis is installed.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../bin/launcher/postgres.js';
import { startRedis } from '../../bin/launcher/redis.js';
import { repositoryRoot } from '../../common/config/repository.js';
import { createDataSource } from '../../common/database/data-source.js';
import { migrate } from '../../common/database/migrate.js';

export interface TestServices {
  /** Of the maintenance database; may create others. */
  postgresUrl: string;
  /** Logical database 0, which keeps the book of those in use. */
  redisUrl: string;
  /** Name of a database that is migrated and never connected to. */
  template: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    services: TestServices;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { status } = spawnSync(process.execPath, [path.join(repositoryRoot, 'bin/build.js'), 'node'], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('The programs do not build; their tests would run old ones.');

  const dataDir = mkdtempSync(path.join(tmpdir(), 'attune-test-'));
  // Postgres may run as another user.
  chmodSync(dataDir, 0o755);
  const [postgres, redis] = await Promise.all([
    startPostgres({ dataDir, isDurable: false }),
    startRedis({ dataDir, isDurable: false, isEmbeddedOnly: process.env.ATTUNE_TEST_REDIS === 'embedded' }),
  ]);
  const template = 'attune_template';
  await createTemplate(postgres.url, template);
  project.provide('services', { postgresUrl: postgres.url, redisUrl: redis.url, template });

  return async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
    rmSync(dataDir, { recursive: true, force: true });
  };
}

async function createTemplate(postgresUrl: string, name: string): Promise<void> {
  const client = new Client({ connectionString: postgresUrl });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(postgresUrl);
  url.pathname = name;
  const dataSource = await createDataSource(url.href, { poolSize: 2 }).initialize();
  await migrate(dataSource);
  await dataSource.destroy();
}
