import type { Config } from '../../common/config/config.js';
import { AppError } from '../../common/contracts/errors.js';

/** What the server runs with: the settings, with the two services that the launcher starts when nobody names them. */
export type ServerConfig = Config & { databaseUrl: string; redisUrl: string };

/** @throws AppError `CONFIG_INVALID` naming what is missing */
export function toServerConfig(config: Config): ServerConfig {
  const { databaseUrl, redisUrl } = config;
  if (databaseUrl === null || redisUrl === null)
    throw new AppError('CONFIG_INVALID', {
      issues: [
        ...(databaseUrl === null ? ['DATABASE_URL: the server needs it; npm start provides one'] : []),
        ...(redisUrl === null ? ['REDIS_URL: the server needs it; npm start provides one'] : []),
      ],
    });
  return { ...config, databaseUrl, redisUrl };
}
