/** The server inside the test's own process, on a database and a Redis of its own: for tests that look at its routes or its insides. */
import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { readConfig } from '../../common/config/config.js';
import { createLogger } from '../../common/logging/logger.js';
import { createServer } from '../../server/create-server.js';
import { toServerConfig } from '../../server/platform/server-config.js';
import { createTestDatabase, createTestRedis } from './services.js';

export interface ServerInProcess extends AsyncDisposable {
  app: NestExpressApplication;
  url: string;
  databaseUrl: string;
  redisUrl: string;
}

/** @param environment  further settings, as the environment would give them */
export async function startServerInProcess(
  environment: Record<string, string> = {},
): Promise<ServerInProcess> {
  const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
  const dataDir = mkdtempSync(path.join(tmpdir(), 'attune-data-'));
  const config = readConfig({
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    ATTUNE_DATA_DIR: dataDir,
    ATTUNE_LOG_LEVEL: 'fatal',
    ...environment,
  });
  const app = await createServer(toServerConfig(config), createLogger('server', { level: config.logLevel }));
  await app.listen(0, '127.0.0.1');
  return {
    app,
    url: await app.getUrl(),
    databaseUrl: database.url,
    redisUrl: redis.url,
    async [Symbol.asyncDispose]() {
      await app.close();
      await Promise.all([database.drop(), redis.release()]);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
