import 'reflect-metadata';
import { readConfig } from '../common/config/config.js';
import { createLogger } from '../common/logging/logger.js';
import { createServer } from './create-server.js';
import { toServerConfig } from './platform/server-config.js';

/** Longest that a shutdown may take: closing a queue hangs when its Redis is gone. */
const shutdownLimitMs = 10_000;

const logger = createLogger('server', { level: 'info' });
try {
  const config = toServerConfig(readConfig());
  logger.level = config.logLevel;
  const app = await createServer(config, logger);
  await app.listen(config.port, config.host);
  logger.info({ url: await app.getUrl() }, 'server listening');

  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'server stopping');
    setTimeout(() => process.exit(1), shutdownLimitMs).unref();
    void app.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
} catch (error) {
  logger.fatal({ err: error }, 'server could not start');
  process.exitCode = 1;
}
