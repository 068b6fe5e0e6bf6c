import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from '../common/logging/logger.js';
import { AppModule } from './app.module.js';
import { SocketAdapter } from './chat/socket/socket-adapter.js';
import { configureHttp } from './platform/http.js';
import { NestLogger } from './platform/nest-logger.js';
import type { ServerConfig } from './platform/server-config.js';

/** The whole server, not yet listening; `close()` takes it down in order: sockets and requests, then queues, then Redis and database. */
export async function createServer(config: ServerConfig, logger: Logger): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(config, logger), {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
    forceCloseConnections: true,
  });
  app.useWebSocketAdapter(new SocketAdapter(app));
  configureHttp(app, config, logger);
  return app;
}
