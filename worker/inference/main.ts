/** The inference process: boot, wiring, signals. */
import { readConfig } from '../../common/config/config.js';
import { requireServices } from '../../common/config/services.js';
import { createDataSource } from '../../common/database/data-source.js';
import { createLogger } from '../../common/logging/logger.js';
import { connectRedis } from '../../common/queue/redis.js';
import { InferenceWorker } from './inference-worker.js';

/** Closing hangs when Redis is gone; then this ends it. */
const hardExitMs = 8000;

const config = readConfig();
const services = requireServices(config);
const log = createLogger('inference', { level: config.logLevel });
const dataSource = await createDataSource(services.databaseUrl, { poolSize: 8 }).initialize();
const redis = connectRedis(services.redisUrl);
redis.on('error', (error) => log.warn({ err: error }, 'Redis is not reachable'));

const starting = InferenceWorker.start({ dataSource, redis, config, log });

async function shutDown(signal: NodeJS.Signals): Promise<void> {
  log.info({ signal }, 'inference worker is shutting down');
  setTimeout(() => process.exit(1), hardExitMs).unref();
  const worker = await starting;
  await worker[Symbol.asyncDispose]();
  redis.disconnect();
  await dataSource.destroy();
  // Threads of llama.cpp need not end by themselves.
  process.exit(0);
}
process.once('SIGTERM', (signal) => void shutDown(signal));
process.once('SIGINT', (signal) => void shutDown(signal));

await starting;
log.info('inference worker is at work');
