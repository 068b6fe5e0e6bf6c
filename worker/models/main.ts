/** The process that obtains model files: boot, wiring, signals. */
import { readConfig } from '../../common/config/config.js';
import { createDataSource } from '../../common/database/data-source.js';
import { createLogger } from '../../common/logging/logger.js';
import { requireServices } from '../../common/config/services.js';
import { connectRedis } from '../../common/queue/redis.js';
import { ModelsProcessor } from './models.processor.js';

/** Closing hangs when Redis is gone; then this ends it. */
const hardExitMs = 5000;

const config = readConfig();
const services = requireServices(config);
const log = createLogger('models', { level: config.logLevel });
const dataSource = await createDataSource(services.databaseUrl, { poolSize: 3 }).initialize();
const redis = connectRedis(services.redisUrl);
const processor = await ModelsProcessor.start({ dataSource, redis, config, log });
log.info('models worker is ready');

async function shutDown(signal: NodeJS.Signals): Promise<void> {
  log.info({ signal }, 'models worker is shutting down');
  setTimeout(() => process.exit(1), hardExitMs).unref();
  await processor[Symbol.asyncDispose]();
  redis.disconnect();
  await dataSource.destroy();
}
process.once('SIGTERM', (signal) => void shutDown(signal));
process.once('SIGINT', (signal) => void shutDown(signal));
