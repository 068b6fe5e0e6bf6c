import { Redis } from 'ioredis';

/**
 * A connection to Redis (or what speaks like it) that waits through an outage instead of failing commands.
 *
 * BullMQ's workers insist on `maxRetriesPerRequest: null`; a producer that must answer a person bounds its own waiting.
 */
export function connectRedis(url: string): Redis {
  return new Redis(url, {
    maxRetriesPerRequest: null,
    enableReadyCheck: false,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 2000),
  });
}
