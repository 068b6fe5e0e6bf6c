import type { Config } from '../../common/config/config.js';
import { requireServices } from '../../common/config/services.js';

/** What the server runs with: the settings, with the two services that the launcher starts when nobody names them. */
export type ServerConfig = Config & { databaseUrl: string; redisUrl: string };

/** @throws AppError `CONFIG_INVALID` naming what is missing */
export function toServerConfig(config: Config): ServerConfig {
  return { ...config, ...requireServices(config) };
}
