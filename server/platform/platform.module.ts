import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Redis } from 'ioredis';
import type { Logger } from '../../common/logging/logger.js';
import { createDataSource } from '../../common/database/data-source.js';
import { connectRedis } from '../../common/queue/redis.js';
import { RateLimiter } from './rate-limiter.service.js';
import type { ServerConfig } from './server-config.js';
import { CONFIG, LOGGER, REDIS } from './tokens.js';

/** Settings, logger, database and Redis: made once, closed last. */
@Global()
@Module({})
export class PlatformModule implements OnApplicationShutdown {
  constructor(@Inject(REDIS) private readonly redis: Redis) {}

  static with(config: ServerConfig, logger: Logger): DynamicModule {
    const providers = [
      { provide: CONFIG, useValue: config },
      { provide: LOGGER, useValue: logger },
      {
        provide: REDIS,
        useFactory: () => {
          const redis = connectRedis(config.redisUrl);
          redis.on('error', (error) => logger.warn({ err: error }, 'redis connection failed'));
          return redis;
        },
      },
      RateLimiter,
    ];
    return {
      module: PlatformModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ type: 'postgres' as const, retryAttempts: 5, retryDelay: 1000 }),
          dataSourceFactory: () => createDataSource(config.databaseUrl).initialize(),
        }),
      ],
      providers,
      exports: [CONFIG, LOGGER, REDIS, RateLimiter],
    };
  }

  onApplicationShutdown(): void {
    // Not quit(): it would wait for a Redis that may be gone.
    this.redis.disconnect();
  }
}
