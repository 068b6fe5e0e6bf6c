import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Role, User } from '../../common/contracts/accounts.js';
import { AppError } from '../../common/contracts/errors.js';
import { RateLimiter } from '../platform/rate-limiter.service.js';
import type { AppRequest } from '../platform/request.js';
import { accessMetadata, rolesMetadata, type Access } from './access.js';
import { ApiKeyService } from './api-key.service.js';
import { setSessionCookie } from './session-cookie.js';
import { SessionService } from './session.service.js';

/** Requests that one key may make, over all routes. */
const perKey = { limit: 600, windowMs: 60_000 };

/** Finds out who asks, and refuses who may not. Global: a new route is closed until it says otherwise. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly sessions: SessionService,
    private readonly keys: ApiKeyService,
    private readonly limiter: RateLimiter,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // The socket has its own edge: it is authenticated once, at the upgrade.
    if (context.getType() !== 'http') return true;
    const targets = [context.getHandler(), context.getClass()];
    const access = this.reflector.getAllAndOverride<Access | undefined>(accessMetadata, targets) ?? 'session';
    const roles = this.reflector.getAllAndOverride<Role[] | undefined>(rolesMetadata, targets);

    const http = context.switchToHttp();
    const request = http.getRequest<AppRequest>();
    if (access === 'key') {
      const key = await this.keys.getKey(request.headers.authorization);
      request.user = key.user;
      request.keyId = key.id;
      await this.limiter.take(`key:${key.id}`, perKey);
    } else {
      const session = await this.sessions.findSession(request.headers.cookie);
      request.user = session?.user ?? null;
      request.sessionId = session?.id ?? null;
      if (session?.isProlonged) setSessionCookie(http.getResponse(), request, session.token);
    }
    if (access === 'public') return true;
    assertAllowed(request.user, roles);
    return true;
  }
}

function assertAllowed(user: User | null, roles: Role[] | undefined): void {
  if (!user) throw new AppError('ACCOUNT_SIGN_IN_NEEDED');
  if (roles && !roles.includes(user.role))
    throw new AppError('ACCOUNT_FORBIDDEN', { role: roles.join(' or ') });
}
