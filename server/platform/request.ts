import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import { z } from 'zod';
import type { Logger } from '../../common/logging/logger.js';
import type { User } from '../../common/contracts/accounts.js';

/** A request as the handlers see it: who asks, and the id that the logs of every program know it by. */
export interface AppRequest extends Request {
  requestId: string;
  /** Set by the guards; null on public routes that nobody is signed in to. */
  user: User | null;
  /** Id of the session that the cookie opened. */
  sessionId: string | null;
  /** Id of the API key that was sent, below `/v1`. */
  keyId: string | null;
}

const acceptableRequestId = /^[\w.-]{8,64}$/;
/** Asked for every few seconds by machines. */
const quietPaths = new Set(['/health', '/ready', '/metrics']);

export interface AnsweredRequest {
  method: string;
  /** Its pattern; never the path, of which there are as many as ids. */
  route: string;
  status: number;
  seconds: number;
}

const routeSchema = z.object({ path: z.string() });

function toRoutePattern(request: Request): string {
  const route = routeSchema.safeParse(request.route);
  return route.success ? route.data.path : 'page';
}

/** Gives every request its id, takes over one that a proxy gave, and writes one line when it ends. */
export function requestLog(logger: Logger, observe: (answered: AnsweredRequest) => void) {
  return (request: AppRequest, response: Response, next: NextFunction): void => {
    const given = request.get('x-request-id');
    request.requestId = given && acceptableRequestId.test(given) ? given : randomUUID();
    request.user = null;
    request.sessionId = null;
    request.keyId = null;
    response.setHeader('X-Request-Id', request.requestId);
    const startedAt = performance.now();
    response.once('close', () => {
      const level = quietPaths.has(request.path) ? 'debug' : 'info';
      const durationMs = performance.now() - startedAt;
      observe({
        method: request.method,
        route: toRoutePattern(request),
        status: response.statusCode,
        seconds: durationMs / 1000,
      });
      logger[level](
        {
          requestId: request.requestId,
          method: request.method,
          // Not the path: links to shared conversations and invitations are as good as passwords.
          route: toRoutePattern(request),
          id: request.params.id,
          status: response.statusCode,
          // Headers sent but not all of the body: the client went away.
          aborted: !response.writableFinished,
          userId: request.user?.id,
          durationMs: Math.round(durationMs),
        },
        'request answered',
      );
    });
    next();
  };
}
