import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerLimitDetail } from '@nestjs/throttler';
import { AppError } from '../../common/contracts/errors.js';

/** Requests that one address may make to one route in a minute, unless the route says otherwise with `@Throttle`. */
export const defaultRate = { limit: 1200, ttl: 60_000 };

@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  /** Sockets are limited by their gateway. */
  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    return Promise.resolve(context.getType() !== 'http');
  }

  protected override throwThrottlingException(
    _context: ExecutionContext,
    detail: ThrottlerLimitDetail,
  ): Promise<void> {
    throw new AppError('REQUEST_RATE_LIMITED', { seconds: detail.timeToBlockExpire });
  }
}
