/**
 * Before the tests that talk to real services: builds the programs, starts one Postgres for the run and one Redis for each test process
 * at a time (publications cross its logical databases), and migrates a template database that every test's own one is copied from.
 *
 * `ATTUNE_TEST_REDIS=embedded` takes js-redis-server even where a real Redis is installed.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../bin/launcher/postgres.js';
import { startRedis } from '../../bin/launcher/redis.js';
import { createDataSource } from '../../common/database/data-source.js';
import { migrate } from '../../common/database/migrate.js';
import { build } from './build.js';

export interface TestServices {
  /** Of the maintenance database; may create others. */
  postgresUrl: string;
  /** By number of the test process. Logical database 0 keeps the book of those in use. */
  redisUrls: string[];
  /** Name of a database that is migrated and never connected to. */
  template: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    services: TestServices;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  build('node');
  const dataDir = mkdtempSync(path.join(tmpdir(), 'attune-test-'));
  // Postgres may run as another user.
  chmodSync(dataDir, 0o755);
  const isEmbeddedOnly = process.env.ATTUNE_TEST_REDIS === 'embedded';
  const folders = Array.from({ length: project.config.maxWorkers }, (_, index) =>
    path.join(dataDir, `redis-${index + 1}`),
  );
  const [postgres, ...redis] = await Promise.all([
    startPostgres({ dataDir, isDurable: false }),
    ...folders.map((folder) => startRedis({ dataDir: folder, isDurable: false, isEmbeddedOnly })),
  ]);
  const template = 'attune_template';
  await createTemplate(postgres.url, template);
  const redisUrls = redis.map(({ url }) => url);
  project.provide('services', { postgresUrl: postgres.url, redisUrls, template });

  return async () => {
    await Promise.all([postgres, ...redis].map((service) => service.stop()));
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
