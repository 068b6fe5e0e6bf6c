import type { Response } from 'express';
import type { AppRequest } from '../platform/request.js';
import { sessionCookieName } from './session.service.js';

/** Longer than any session: its row says when it ends, and a browser must not forget it before. Browsers keep none for longer. */
const cookieLifeMs = 400 * 86_400_000;

/** Out of reach of scripts and of other sites' forms; sent over https alone where the page came by it. */
const options = (request: AppRequest) =>
  ({ httpOnly: true, sameSite: 'lax', secure: request.secure, path: '/' }) as const;

export function setSessionCookie(response: Response, request: AppRequest, token: string): void {
  response.cookie(sessionCookieName, token, { ...options(request), maxAge: cookieLifeMs });
}

export function clearSessionCookie(response: Response, request: AppRequest): void {
  response.clearCookie(sessionCookieName, options(request));
}
