import { AppError } from '../contracts/errors.js';
import type { Config } from './config.js';

/**
 * Addresses of Postgres and Redis for a program that runs neither itself; the launcher gives them to those it starts.
 *
 * @throws AppError `CONFIG_INVALID` when one is unset
 */
export function requireServices(config: Config): { databaseUrl: string; redisUrl: string } {
  const { databaseUrl, redisUrl } = config;
  if (databaseUrl && redisUrl) return { databaseUrl, redisUrl };
  const missing = [databaseUrl ? [] : 'DATABASE_URL', redisUrl ? [] : 'REDIS_URL'].flat();
  throw new AppError('CONFIG_INVALID', {
    issues: [`${missing.join(' and ')}: unset, and only the launcher runs its own`],
  });
}
