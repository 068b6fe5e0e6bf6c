import type { Response } from 'express';
import type { AppRequest } from '../platform/request.js';
import { sessionCookieName, sessionLifeMs } from './session.service.js';

/** Out of reach of scripts and of other sites' forms; sent over https alone where the page came by it. */
const options = (request: AppRequest) =>
  ({ httpOnly: true, sameSite: 'lax', secure: request.secure, path: '/' }) as const;

export function setSessionCookie(response: Response, request: AppRequest, token: string): void {
  response.cookie(sessionCookieName, token, { ...options(request), maxAge: sessionLifeMs });
}

export function clearSessionCookie(response: Response, request: AppRequest): void {
  response.clearCookie(sessionCookieName, options(request));
}
