/** The training process: boot, wiring, signals. */
import { readConfig } from '../../common/config/config.js';
import { requireServices } from '../../common/config/services.js';
import { createDataSource } from '../../common/database/data-source.js';
import { createLogger } from '../../common/logging/logger.js';
import { connectRedis } from '../../common/queue/redis.js';
import { giveWay } from './give-way.js';
import { TrainingWorker } from './training-worker.js';

/** A step may take longer than a shutdown may; then this ends it, and the run goes on from its last checkpoint. */
const hardExitMs = 9000;

giveWay();
const config = readConfig();
const services = requireServices(config);
const log = createLogger('training', { level: config.logLevel });
const dataSource = await createDataSource(services.databaseUrl, { poolSize: 4 }).initialize();
const redis = connectRedis(services.redisUrl);
redis.on('error', (error) => log.warn({ err: error }, 'Redis is not reachable'));
const worker = await TrainingWorker.start({ dataSource, redis, config, log });
log.info('training worker is ready');

async function shutDown(signal: NodeJS.Signals): Promise<void> {
  log.info({ signal }, 'training worker is shutting down');
  setTimeout(() => process.exit(1), hardExitMs).unref();
  await worker[Symbol.asyncDispose]();
  redis.disconnect();
  await dataSource.destroy();
}
process.once('SIGTERM', (signal) => void shutDown(signal));
process.once('SIGINT', (signal) => void shutDown(signal));
