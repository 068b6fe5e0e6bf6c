/** A browser that carries someone's cookie must come from Attune's own page; other programs send no origin. */
import type { IncomingMessage } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { AppError } from '../../common/contracts/errors.js';

const harmlessMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * For the socket's upgrade and everything else that is not an Express request.
 *
 * @param host  the host that the browser asked for; the request's own unless a trusted proxy says otherwise
 */
export function isOwnOrigin(request: IncomingMessage, host = request.headers.host): boolean {
  const { origin } = request.headers;
  // Browsers that send no origin with a form still say where it came from.
  const site = request.headers['sec-fetch-site'];
  if (origin === undefined) return site === undefined || site === 'same-origin' || site === 'none';
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Refuses a request from a foreign page that would change something. `/v1` takes keys, never cookies, and so has nothing to fear. */
export function refuseForeignOrigin(request: Request, _response: Response, next: NextFunction): void {
  if (harmlessMethods.has(request.method) || request.path.startsWith('/v1/')) return next();
  if (isOwnOrigin(request, request.host)) return next();
  next(new AppError('REQUEST_ORIGIN_REFUSED', { origin: request.get('origin') ?? 'unknown' }));
}
