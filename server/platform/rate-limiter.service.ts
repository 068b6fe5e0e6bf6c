import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Redis } from 'ioredis';
import { within } from '../../common/async/within.js';
import { AppError } from '../../common/contracts/errors.js';
import { REDIS } from './tokens.js';

interface Window {
  hits: number;
  /** Time until the window ends. */
  remainingMs: number;
}

/** Counting is not worth a failed request: after this, it is done here alone. */
const redisPatienceMs = 250;
/** Addresses that are remembered while Redis is away. */
const maxLocalWindows = 10_000;

const countScript = `
local hits = redis.call('INCR', KEYS[1])
if hits == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return { hits, redis.call('PTTL', KEYS[1]) }`;

/**
 * Counts in fixed windows, in Redis, so that any number of servers share a count. While Redis is away each server counts for itself:
 * limits become looser then, and nobody is shut out.
 */
@Injectable()
export class RateLimiter implements ThrottlerStorage {
  private readonly local = new Map<string, { hits: number; endsAt: number }>();

  constructor(@Inject(REDIS) private readonly redis: Redis) {}

  /**
   * Counts one use of `key`.
   *
   * @param limit     uses allowed in a window
   * @param windowMs  length of the window, from its first use
   * @throws AppError `REQUEST_RATE_LIMITED` when the limit is passed
   */
  async take(key: string, { limit, windowMs }: { limit: number; windowMs: number }): Promise<void> {
    const { hits, remainingMs } = await this.count(key, windowMs);
    if (hits > limit)
      throw new AppError('REQUEST_RATE_LIMITED', { seconds: Math.max(1, Math.ceil(remainingMs / 1000)) });
  }

  /** Forgets the uses of `key`: the person got in. */
  async clear(key: string): Promise<void> {
    this.local.delete(toStoredKey(key));
    if (this.redis.status === 'ready') await within(redisPatienceMs, this.redis.del(toStoredKey(key)), null);
  }

  /** For `ThrottlerGuard`. Times are in seconds there. */
  async increment(key: string, ttlMs: number, limit: number) {
    const { hits, remainingMs } = await this.count(key, ttlMs);
    const seconds = Math.max(1, Math.ceil(remainingMs / 1000));
    return {
      totalHits: hits,
      timeToExpire: seconds,
      isBlocked: hits > limit,
      timeToBlockExpire: hits > limit ? seconds : 0,
    };
  }

  private async count(key: string, windowMs: number): Promise<Window> {
    const storedKey = toStoredKey(key);
    // A command given to a Redis that is away would wait for it.
    if (this.redis.status === 'ready') {
      const reply = await within(redisPatienceMs, this.redis.eval(countScript, 1, storedKey, windowMs), null);
      if (Array.isArray(reply)) return { hits: Number(reply[0]), remainingMs: Number(reply[1]) };
    }
    return this.countLocally(storedKey, windowMs);
  }

  private countLocally(storedKey: string, windowMs: number): Window {
    const now = Date.now();
    const known = this.local.get(storedKey);
    const window = known && known.endsAt > now ? known : { hits: 0, endsAt: now + windowMs };
    window.hits += 1;
    this.local.set(storedKey, window);
    if (this.local.size > maxLocalWindows) this.local.delete(this.local.keys().next().value ?? storedKey);
    return { hits: window.hits, remainingMs: window.endsAt - now };
  }
}

/** Hashed: a key may hold an e-mail address or be as long as a sender likes. */
function toStoredKey(key: string): string {
  return `attune:rate:${createHash('sha256').update(key).digest('base64url')}`;
}
